// Loads TensorFlow's libraries (argv: framework, cc) through koffi and adds two numbers in a session. Prints the version as JSON.
import koffi from 'koffi';

const FLOAT = 1;
const [frameworkFile, ccFile] = process.argv.slice(2);

// koffi unloads libraries at exit, before TensorFlow's own exit handlers run (a segmentation fault): pin them.
const [systemLibrary, flags] =
  process.platform === 'darwin' ? ['libSystem.B.dylib', 0x82] : ['libc.so.6', 0x1002];
const system = koffi.load(systemLibrary);
const dlopen = system.func('void* dlopen(const char*, int)');
const dlerror = system.func('const char* dlerror()');
for (const file of [frameworkFile, ccFile])
  if (!dlopen(file, flags)) {
    console.error(dlerror() ?? `dlopen of ${file} failed`);
    process.exit(1);
  }

koffi.struct('TF_Output', { oper: 'void*', index: 'int' });
const bind = (file, signatures) => {
  const library = koffi.load(file);
  return Object.fromEntries(
    signatures.map((signature) => [/(TF_\w+)\(/.exec(signature)[1], library.func(signature)]),
  );
};
const c = {
  ...bind(frameworkFile, [
    'void* TF_NewStatus()',
    'int TF_GetCode(void*)',
    'const char* TF_Message(void*)',
    'void* TF_AllocateTensor(int, int64_t*, int, size_t)',
    'void* TF_TensorData(void*)',
  ]),
  ...bind(ccFile, [
    'const char* TF_Version()',
    'void* TF_NewGraph()',
    'void* TF_NewOperation(void*, const char*, const char*)',
    'void TF_SetAttrType(void*, const char*, int)',
    'void TF_AddInput(void*, TF_Output)',
    'void* TF_FinishOperation(void*, void*)',
    'void* TF_NewSessionOptions()',
    'void* TF_NewSession(void*, void*, void*)',
    'void TF_SessionRun(void*, void*, TF_Output*, void**, int, TF_Output*, _Out_ void**, int, void**, int, void*, void*)',
  ]),
};

const status = c.TF_NewStatus();
const check = () => {
  if (c.TF_GetCode(status)) throw new Error(c.TF_Message(status));
};
const graph = c.TF_NewGraph();
const operation = (type, name, inputs, attribute) => {
  const description = c.TF_NewOperation(graph, type, name);
  c.TF_SetAttrType(description, attribute, FLOAT);
  for (const input of inputs) c.TF_AddInput(description, input);
  const oper = c.TF_FinishOperation(description, status);
  check();
  return { oper, index: 0 };
};
const scalar = (value) => {
  const tensor = c.TF_AllocateTensor(FLOAT, null, 0, 4);
  new Float32Array(koffi.view(c.TF_TensorData(tensor), 4))[0] = value;
  return tensor;
};

const inputs = ['a', 'b'].map((name) => operation('Placeholder', name, [], 'dtype'));
const sum = operation('AddV2', 'sum', inputs, 'T');
const session = c.TF_NewSession(graph, c.TF_NewSessionOptions(), status);
check();
const results = [null];
c.TF_SessionRun(session, null, inputs, [scalar(19), scalar(23)], 2, [sum], results, 1, null, 0, null, status);
check();
const [answer] = new Float32Array(koffi.view(c.TF_TensorData(results[0]), 4));
if (answer !== 42) throw new Error(`TensorFlow says that 19 + 23 is ${answer}.`);
console.log(JSON.stringify({ version: c.TF_Version() }));
