import { InputError, invalid } from '../errors.js';
import { type NamedRow, parseNamed } from '../named.js';
import { Tensor } from '../tensorflow/index.js';

/** One look at an image. */
export interface TestView {
  /** Where the window lies, across and down: 0 the left or upper edge, 1 the right or lower. Without it: the whole image. */
  place?: readonly [across: number, down: number];
  /** Left and right exchanged. */
  mirrored: boolean;
}

interface ViewsRow extends NamedRow {
  views: (parameters: readonly number[]) => TestView[];
}

/** Side of a window as a share of the image's: 224 of 256, as in the ten crops of AlexNet. */
const WINDOW = 0.875;

/** Centre, corners, middles of the edges. */
const PLACES: readonly (readonly [number, number])[] = [
  [0.5, 0.5],
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
  [0.5, 0],
  [0, 0.5],
  [1, 0.5],
  [0.5, 1],
];
const COUNT = { name: 'count', default: 5, minimum: 1, maximum: PLACES.length } as const;

const windows = (count = 0): TestView[] =>
  PLACES.slice(0, count).map((place) => ({ place, mirrored: false }));
const andMirrored = (views: readonly TestView[]): TestView[] =>
  views.flatMap((view) => [view, { ...view, mirrored: true }]);

/** Test-time augmentation by name, as `--tta` takes it. */
export const VIEWS = {
  none: { title: 'the image alone', views: () => [{ mirrored: false }] },
  flip: { title: 'the image and its mirror image', views: () => andMirrored([{ mirrored: false }]) },
  crops: {
    title: 'windows of 7/8 of the side: centre, corners, middles of the edges, in this order',
    parameters: [COUNT],
    views: ([count]) => windows(count),
  },
  'flip-crops': {
    title: "the windows of crops and their mirror images: 5 are AlexNet's ten crops",
    parameters: [COUNT],
    views: ([count]) => andMirrored(windows(count)),
  },
} satisfies Record<string, ViewsRow>;

/**
 * Reads a name of {@link VIEWS}.
 *
 * @param options.mirrors whether a mirrored image still belongs to its class. @default true
 * @throws InputError for an unknown name, a number that it does not take, and mirror images where they mean something else
 * @example viewsOf('crops:5')
 */
export function viewsOf(text: string, { mirrors = true }: { mirrors?: boolean } = {}): readonly TestView[] {
  const { name, parameters } = parseNamed(text, VIEWS, '--tta');
  const [count] = parameters;
  if (count !== undefined && !Number.isInteger(count)) {
    throw invalid(`--tta, count of ${name}`, `a whole number of 1 to ${PLACES.length}`, count);
  }
  const { views }: ViewsRow = VIEWS[name];
  const wanted = views(parameters);
  if (!mirrors && wanted.some(({ mirrored }) => mirrored)) {
    throw new InputError(
      `--tta ${text} mirrors images, and what this task shows is no longer its class in a mirror. ` +
        'Take crops:5, or none.',
    );
  }
  return wanted;
}

/** Side in pixels to decode files to, so that each view of theirs has the network's own size. */
export function decodedSize(imageSize: number, views: readonly TestView[]): number {
  return views.some(({ place }) => place) ? Math.round(imageSize / WINDOW) : imageSize;
}

/**
 * One view of a batch, copied.
 *
 * @param images uint8 or float32 `[batch, height, width, channels]`; the caller keeps it
 * @returns the same type, `[batch, height', width', channels]`, owned by the caller
 */
export function viewOf(images: Tensor, { place, mirrored }: TestView): Tensor {
  const [count, height, width, channels] = images.shape as [number, number, number, number];
  const side = (length: number) => (place ? Math.max(1, Math.round(length * WINDOW)) : length);
  const [down, across] = [side(height), side(width)];
  const [x, y] = place ?? [0, 0];
  const left = Math.round((width - across) * x);
  const top = Math.round((height - down) * y);
  const view = Tensor.allocate(images.dtype, [count, down, across, channels]);
  const [from, to] = [images.data, view.data] as [Uint8Array, Uint8Array];
  for (let row = 0; row < count * down; row++) {
    const image = Math.floor(row / down);
    const start = ((image * height + top + (row % down)) * width + left) * channels;
    const line = from.subarray(start, start + across * channels);
    const target = row * across * channels;
    if (!mirrored) to.set(line, target);
    else
      for (let column = 0; column < across; column++)
        for (let c = 0; c < channels; c++)
          to[target + column * channels + c] = line[(across - 1 - column) * channels + c]!;
  }
  return view;
}
