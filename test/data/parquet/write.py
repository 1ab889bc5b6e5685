"""Writes the parquet files of by-python/: python write.py, with pyarrow 26.0.1, datasets 5.2.0 and pillow."""

import io
import os
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

FOLDER = Path(__file__).parent / 'by-python'
FOLDER.mkdir(exist_ok=True)


def value(i):
    """The bytes of row i; row 3, 10, 17, ... have none."""
    return None if i % 7 == 3 else bytes([i]) * (i * 13 % 50 + 1)


def png(i):
    """A square of 4 pixels in one colour."""
    buffer = io.BytesIO()
    Image.new('RGB', (2, 2), (10 * i, 20, 30)).save(buffer, 'png')
    return buffer.getvalue()


def values(name, structure=False, dictionary=False, **options):
    """40 rows in groups of 15, in pages of 4."""
    column = [value(i) for i in range(40)]
    if structure:
        # Where the bytes are missing, the structure is there in every second of the rows.
        column = [None if each is None and i % 2 else {'bytes': each, 'path': None} for i, each in enumerate(column)]
    label = pa.array([i % 2 for i in range(40)], pa.int32())
    table = pa.table({'image': pa.array(column), 'label': label})
    pq.write_table(
        table,
        FOLDER / f'{name}.parquet',
        row_group_size=15,
        write_batch_size=4,
        data_page_size=1,
        use_dictionary=dictionary,
        **options,
    )


for codec in ['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4']:
    values(f'codec-{codec}', compression=codec)
values('dictionary', dictionary=True)
values('pages-2', data_page_version='2.0', compression='snappy')
values('indexed', write_page_index=True)
values('structure', structure=True)
values('structure-dictionary-indexed', structure=True, dictionary=True, write_page_index=True)

# As Hugging Face writes it: a structure, and the names of the classes in the file's metadata.
FEATURES = datasets.Features({'image': datasets.Image(), 'label': datasets.ClassLabel(names=['red', 'green', 'blue'])})


def hugging_face(path, rows, labels=None):
    data = {
        'image': [{'bytes': png(i), 'path': f'{i}.png'} for i in rows],
        'label': [i % 3 for i in rows] if labels is None else labels,
    }
    target = FOLDER / 'hugging-face' / path
    target.parent.mkdir(parents=True, exist_ok=True)
    datasets.Dataset.from_dict(data, features=FEATURES).to_parquet(target)


hugging_face('train-00000-of-00002.parquet', range(4))
hugging_face('train-00001-of-00002.parquet', range(4, 9))
hugging_face('validation-00000-of-00001.parquet', range(9, 12))
hugging_face('test-00000-of-00001.parquet', range(12, 14), labels=[-1, -1])


def write(name, columns):
    pq.write_table(pa.table(columns), FOLDER / f'{name}.parquet')


def pngs(n):
    return pa.array([png(i) for i in range(n)], pa.binary())


write('named', {'jpeg': pngs(6), 'class': pa.array(['b', 'a', 'C', 'a', 'b', 'C'])})
write('numbered', {'image': pngs(6), 'label': pa.array([7, 3, 3, 7, 10, 10])})
write('unlabelled-row', {'image': pngs(3), 'label': pa.array([0, None, 1])})
write('no-image', {'text': pa.array(['a', 'b']), 'label': pa.array([0, 1])})
write(
    'columns',
    {
        'left': pngs(4),
        'right': pngs(4),
        'score': pa.array([0.5, 1.0, 1.5, 2.0]),
        'caption': pa.array(['a', 'b', 'c', 'd']),
        'kind': pa.array(['x', 'y', 'x', 'y']),
        'boxes': pa.array([[1], [2, 3], [], [4]]),
    },
)
beyond = pa.table({'image': pngs(3), 'label': pa.array([0, 3, 1])})
metadata = '{"info": {"features": {"image": {"_type": "Image"}, "label": {"names": ["a", "b"], "_type": "ClassLabel"}}}}'
pq.write_table(beyond.replace_schema_metadata({'huggingface': metadata}), FOLDER / 'beyond.parquet')
for file in sorted(FOLDER.rglob('*.parquet')):
    print(file.relative_to(FOLDER), os.path.getsize(file))
