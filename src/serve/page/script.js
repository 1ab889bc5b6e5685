// The page of a served model: sends a picture to /predict as it is, and shows what comes back.

const TOP = 5;

/** @param {string} id */
const at = (id) => document.getElementById(id);

/** What the server takes, once it has said so. */
let limits;
/** What is on its way; a picture that is picked later takes its place. */
let sending = new AbortController();

const percent = (share) =>
  share.toLocaleString('en', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });

const sizeOf = ({ size }) => (size < 1e6 ? `${Math.ceil(size / 1e3)} kB` : `${(size / 1e6).toFixed(1)} MB`);

/** The JSON that the server answers with, or an error in words. */
async function asked(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (options?.signal?.aborted) throw error;
    throw new Error('The server cannot be reached. Is it still running?');
  }
  const answer = await response.json().catch(() => undefined);
  if (response.ok && answer) return answer;
  throw new Error(answer?.error ?? `The server answered with status ${response.status}.`);
}

async function describeModel() {
  const model = await asked('model');
  limits = model.limits;
  document.title = `Classify a picture: ${model.model}`;
  at('name').textContent = model.model;
  const classes = `${model.labels.length.toLocaleString('en')} ${model.labels.length === 1 ? 'class' : 'classes'}`;
  at('about').textContent = `${classes}, pictures of ${model.imageSize} × ${model.imageSize} pixels`;
}

function show({ predictions }, milliseconds) {
  const rows = predictions.map(({ label, probability }) => {
    const row = document.createElement('li');
    const name = document.createElement('span');
    name.className = 'label';
    name.textContent = label;
    const share = document.createElement('span');
    share.className = 'share';
    share.textContent = percent(probability);
    const track = document.createElement('span');
    track.className = 'track';
    track.ariaHidden = 'true';
    const fill = document.createElement('span');
    fill.className = 'fill';
    fill.style.width = '0';
    track.append(fill);
    row.append(name, ' ', share, track);
    return { row, grow: () => (fill.style.width = `${100 * probability}%`) };
  });
  at('bars').replaceChildren(...rows.map(({ row }) => row));
  // A width that is set in the same frame as the bar does not grow.
  requestAnimationFrame(() => {
    for (const { grow } of rows) grow();
  });
  at('took').textContent = `Answered in ${Math.round(milliseconds).toLocaleString('en')} ms.`;
  const [first] = predictions;
  at('spoken').textContent = `Likeliest class: ${first.label}, ${percent(first.probability)}.`;
}

function showError(message) {
  const title = document.createElement('b');
  title.textContent = 'No answer. ';
  at('error').replaceChildren(title, message);
  at('error').hidden = false;
  at('bars').replaceChildren();
  at('took').textContent = '';
}

function showPicture(file) {
  const picture = at('picture');
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(file);
  picture.alt = `The picture: ${file.name}`;
  picture.hidden = false;
  at('hint').setAttribute('hidden', '');
  at('drop-text').textContent = 'Drop or paste another';
  at('file-name').textContent = `${file.name}, ${sizeOf(file)}`;
  at('file-name').hidden = false;
}

/** Classifies a picture. */
async function classify(file) {
  sending.abort();
  sending = new AbortController();
  const { signal } = sending;
  showPicture(file);
  at('empty').hidden = true;
  at('error').hidden = true;
  at('spoken').textContent = '';
  at('result').ariaBusy = 'true';
  const started = performance.now();
  try {
    // What is too large is not sent at all: an upload that is cut off hides the answer.
    if (limits && file.size > limits.maxBytes) {
      throw new Error(`The file is larger than the ${limits.maxBytes / 1e6} MB that the server takes.`);
    }
    const headers = { 'content-type': 'application/octet-stream' };
    const answer = await asked(`predict?top=${TOP}`, { method: 'POST', headers, body: file, signal });
    show(answer, performance.now() - started);
  } catch (error) {
    if (signal.aborted) return;
    showError(error.message);
  } finally {
    if (!signal.aborted) at('result').ariaBusy = 'false';
  }
}

/** The first file of what was dropped or pasted. */
function take(transfer) {
  const [file] = transfer?.files ?? [];
  if (file) void classify(file);
  return file !== undefined;
}

at('file').addEventListener('change', ({ target }) => {
  const [file] = target.files;
  if (file) void classify(file);
  // The same file may be chosen again.
  target.value = '';
});
document.addEventListener('paste', (event) => {
  if (take(event.clipboardData)) event.preventDefault();
});

// All of the page takes what is dropped: beside the area, a browser would open it in the page's place.
let inside = 0;
const mark = (change) => {
  inside = Math.max(0, inside + change);
  at('drop').classList.toggle('over', inside > 0);
};
document.addEventListener('dragenter', () => mark(1));
document.addEventListener('dragleave', () => mark(-1));
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  mark(-inside);
  if (!take(event.dataTransfer)) showError('That is no file. Drop a picture that lies on this computer.');
});
at('picture').addEventListener('error', () => {
  at('picture').hidden = true;
  at('hint').removeAttribute('hidden');
});

at('command').textContent = `curl -F image=@cat.jpg ${new URL('predict', location.href)}`;
describeModel().catch(({ message }) => showError(message));
