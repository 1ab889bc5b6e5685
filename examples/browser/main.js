// The page: hands pictures to the worker, and shows what it finds.

const TOP = 5;
const at = (id) => document.getElementById(id);
const percent = (share) => share.toLocaleString('en', { style: 'percent', minimumFractionDigits: 1 });

const worker = new Worker('worker.js', { type: 'module' });
/** Number of the picture that was picked last: answers to earlier ones are not shown any more. */
let latest = 0;

/** What is done with each kind of message of the worker. */
const MESSAGES = {
  ready({ classes, imageSize, backend }) {
    at('state').textContent =
      `${classes.toLocaleString('en')} classes, ${imageSize} × ${imageSize} pixels, on ${backend}.`;
  },
  failed({ message }) {
    at('state').textContent = 'There is no model.';
    showError(message);
  },
  classified({ id, predictions, milliseconds }) {
    if (id === latest) show(predictions.slice(0, TOP), milliseconds);
  },
  refused({ id, message }) {
    if (id === latest) showError(message);
  },
};

worker.addEventListener('message', ({ data }) => MESSAGES[data.kind](data));
worker.addEventListener('error', () => {
  MESSAGES.failed({
    message: 'The worker could not start. Open this page through a web server, not as a file.',
  });
});

function show(predictions, milliseconds) {
  const rows = predictions.map(({ label, probability }) => {
    const row = document.createElement('li');
    const name = document.createElement('span');
    name.textContent = label;
    const share = document.createElement('span');
    share.textContent = percent(probability);
    const track = document.createElement('span');
    track.className = 'track';
    track.ariaHidden = 'true';
    const fill = document.createElement('span');
    fill.style.width = `${100 * probability}%`;
    track.append(fill);
    row.append(name, ' ', share, track);
    return row;
  });
  at('bars').replaceChildren(...rows);
  at('result').ariaBusy = 'false';
  at('took').textContent = `Classified on this device in ${Math.round(milliseconds)} ms.`;
  const [{ label, probability }] = predictions;
  at('spoken').textContent = `Likeliest class: ${label}, ${percent(probability)}.`;
}

function showError(message) {
  at('bars').replaceChildren();
  at('result').ariaBusy = 'false';
  at('took').textContent = '';
  at('error').textContent = message;
  at('error').hidden = false;
}

function classify(file) {
  const picture = at('picture');
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(file);
  picture.alt = `The picture: ${file.name}`;
  picture.hidden = false;
  at('error').hidden = true;
  at('spoken').textContent = '';
  at('result').ariaBusy = 'true';
  at('took').textContent = 'Classifying…';
  worker.postMessage({ id: ++latest, file });
}

at('file').addEventListener('change', ({ target }) => {
  const [file] = target.files;
  if (file) classify(file);
  target.value = '';
});
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer.files;
  if (file) classify(file);
});
document.addEventListener('paste', ({ clipboardData }) => {
  const [file] = clipboardData.files;
  if (file) classify(file);
});
at('picture').addEventListener('error', () => {
  at('picture').hidden = true;
});
