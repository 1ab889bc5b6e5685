import { run } from './processes.mjs';

const NAMES = ['python3', 'python'];

/** Extracts the C libraries and the headers of the C API from a wheel: argv is the wheel, the folder, the library names. */
const UNPACK = `
import os, re, shutil, sys, zipfile
wheel, folder, libraries = sys.argv[1], sys.argv[2], sys.argv[3:]
header = re.compile(r"include/(tensorflow/c/.*|(xla/)?(tsl/)?c/.*|.*ctstring[^/]*|tensorflow/core/public/[^/]*)\\.h$")
found = set()
with zipfile.ZipFile(wheel) as archive:
    for entry in archive.infolist():
        if not entry.filename.startswith("tensorflow/") or ".." in entry.filename.split("/"):
            continue
        name = entry.filename[len("tensorflow/"):]
        if name not in libraries and not header.match(name):
            continue
        path = os.path.join(folder, *name.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(entry) as source, open(path, "wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        found.add(name)
missing = [name for name in libraries if name not in found]
if missing:
    sys.exit("it does not hold tensorflow/" + " and tensorflow/".join(missing))
`;

/** Where a Python would import tensorflow from. Nothing is imported: that would take seconds and can fail. */
const FIND = `
import importlib.util, os
spec = importlib.util.find_spec("tensorflow")
places = list(spec.submodule_search_locations or []) if spec else []
print("\\n".join(os.path.abspath(place) for place in places))
`;

/** Pythons on PATH, of version 3. */
export async function pythons() {
  const answers = await Promise.all(
    NAMES.map((name) => run(name, ['-c', 'import sys; print(sys.version_info[0], sys.executable)'])),
  );
  const found = answers.map(({ code, stdout }) =>
    code === 0 && stdout.startsWith('3 ') ? stdout.slice(2).trim() : '',
  );
  return [...new Set(found.filter(Boolean))];
}

/** The first Python that has pip, or undefined. */
export async function pythonWithPip() {
  for (const python of await pythons())
    if ((await run(python, ['-m', 'pip', '--version'])).code === 0) return python;
  return undefined;
}

/** Folders from which the machine's Pythons would import tensorflow. */
export async function installedTensorFlow() {
  const places = [];
  for (const python of await pythons()) {
    const { code, stdout } = await run(python, ['-c', FIND], { cwd: '/' });
    if (code === 0) places.push(...stdout.split('\n').filter(Boolean));
  }
  return [...new Set(places)];
}

/** Unpacks what is needed of a wheel into a folder. Gives what went wrong, or undefined. */
export async function unpack(python, wheel, folder, libraries) {
  const { code, stderr } = await run(python, ['-c', UNPACK, wheel, folder, ...libraries]);
  return code === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? `python ended with code ${code}`);
}
