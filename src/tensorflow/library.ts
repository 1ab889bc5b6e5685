import koffi from 'koffi';
import { locateTensorFlow, type TensorFlowLocation } from './locate.js';
import { quietly } from './quiet.js';
import { systemLibrary } from './system-library.js';

/** A pointer of TensorFlow's. Never leaves `src/tensorflow`. */
export type Pointer = bigint;

/** `TF_Output`: one output of one operation; or `TF_Input`, which is laid out alike. */
export interface NativeOutput {
  oper: Pointer;
  index: number;
}

/** `TF_Buffer`: bytes that are handed to TensorFlow for the time of one call. */
export interface NativeBuffer {
  data: Uint8Array | null;
  length: number;
  dealloc: null;
}

type Arguments = unknown[];
interface NativeFunction {
  // biome-ignore lint/suspicious/noExplicitAny: what C gives back is typed where it is called
  (...values: Arguments): any;
  async: (...values: [...Arguments, (error: Error | null, result: unknown) => void]) => void;
}

/** Functions of libtensorflow_framework: status and tensors. */
const FRAMEWORK = [
  'void* TF_NewStatus()',
  'void TF_DeleteStatus(void*)',
  'int TF_GetCode(void*)',
  'const char* TF_Message(void*)',
  'void* TF_AllocateTensor(int, const int64_t*, int, size_t)',
  'void* TF_TensorData(void*)',
  'size_t TF_TensorByteSize(void*)',
  'int TF_TensorType(void*)',
  'int TF_NumDims(void*)',
  'int64_t TF_Dim(void*, int)',
  'void TF_DeleteTensor(void*)',
  'void* TF_NewBuffer()',
  'void TF_DeleteBuffer(void*)',
] as const;

/** Functions of libtensorflow_cc: graphs and sessions. */
const CC = [
  'const char* TF_Version()',
  'void TF_StringInit(void*)',
  'void TF_StringAssignView(void*, const void*, size_t)',
  'void* TF_NewGraph()',
  'void TF_DeleteGraph(void*)',
  'void* TF_NewImportGraphDefOptions()',
  'void TF_DeleteImportGraphDefOptions(void*)',
  'void TF_ImportGraphDefOptionsSetPrefix(void*, const char*)',
  'void TF_ImportGraphDefOptionsAddInputMapping(void*, const char*, int, TF_Output)',
  'void TF_GraphImportGraphDef(void*, TF_Buffer*, void*, void*)',
  'void* TF_GraphOperationByName(void*, const char*)',
  'void TF_GraphToGraphDef(void*, void*, void*)',
  'const char* TF_OperationName(void*)',
  'const char* TF_OperationDevice(void*)',
  'const char* TF_OperationOpType(void*)',
  'int TF_OperationNumOutputs(void*)',
  'int TF_OperationOutputType(TF_Output)',
  'int TF_OperationNumInputs(void*)',
  'TF_Output TF_OperationInput(TF_Output)',
  'int TF_OperationOutputNumConsumers(TF_Output)',
  'int TF_OperationOutputConsumers(TF_Output, _Out_ TF_Output*, int)',
  'void TF_OperationGetAttrIntList(void*, const char*, _Out_ int64_t*, int, void*)',
  'void TF_OperationGetAttrString(void*, const char*, _Out_ void*, size_t, void*)',
  'int TF_GraphGetTensorNumDims(void*, TF_Output, void*)',
  'void TF_GraphGetTensorShape(void*, TF_Output, _Out_ int64_t*, int, void*)',
  'void TF_AddGradientsWithPrefix(void*, const char*, TF_Output*, int, TF_Output*, int, TF_Output*, void*, _Out_ TF_Output*)',
  'void* TF_NewSessionOptions()',
  'void TF_DeleteSessionOptions(void*)',
  'void TF_SetConfig(void*, const void*, size_t, void*)',
  'void* TF_NewSession(void*, void*, void*)',
  'void* TF_LoadSessionFromSavedModel(void*, void*, const char*, const char**, int, void*, void*, void*)',
  'void TF_CloseSession(void*, void*)',
  'void TF_DeleteSession(void*, void*)',
  'void TF_SessionRun(void*, void*, TF_Output*, void**, int, TF_Output*, _Out_ void**, int, void**, int, void*, void*)',
  'void* TF_SessionListDevices(void*, void*)',
  'void TF_DeleteDeviceList(void*)',
  'int TF_DeviceListCount(void*)',
  'const char* TF_DeviceListName(void*, int, void*)',
  'const char* TF_DeviceListType(void*, int, void*)',
  'int64_t TF_DeviceListMemoryBytes(void*, int, void*)',
] as const;

type NameOf<S extends string> = S extends `${string} TF_${infer Rest}(${string}`
  ? `TF_${Rest extends `${infer Name}(${string}` ? Name : Rest}`
  : never;
type FunctionName = NameOf<(typeof FRAMEWORK)[number] | (typeof CC)[number]>;

/** TensorFlow's C API, loaded. */
export interface Library {
  c: Record<FunctionName, NativeFunction>;
  location: TensorFlowLocation;
}

/** TensorFlow's log level for errors only. */
const QUIET = '2';
const RTLD_NOW = 0x2;
const RTLD_NODELETE = process.platform === 'darwin' ? 0x80 : 0x1000;

let loaded: Library | undefined;

/**
 * TensorFlow's C API; the libraries are loaded at the first call.
 *
 * @throws InputError when TensorFlow is not found: the message says how to provide it
 */
export function library(): Library {
  loaded ??= start();
  return loaded;
}

/**
 * Loads the libraries. What they say to the terminal while they load is kept back, unless the user asked for
 * a log level.
 */
function start(): Library {
  const location = locateTensorFlow();
  process.env.TF_CPP_MIN_LOG_LEVEL ??= QUIET;
  // On its own TensorFlow takes oneDNN only on CPUs with AVX512-VNNI. Elsewhere its own kernels are slower, take more
  // memory, and know no fused convolution in groups.
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  return unlessAsked(() => load(location));
}

/** Runs `call` {@link quietly}, unless the user asked for TensorFlow's log. */
export function unlessAsked<T>(call: () => T): T {
  return process.env.TF_CPP_MIN_LOG_LEVEL === QUIET ? quietly(call) : call();
}

function load(location: TensorFlowLocation): Library {
  // koffi unloads libraries at exit, before TensorFlow's exit handlers run, which would end in a
  // segmentation fault: they are pinned first.
  const pin = systemLibrary().func('void* dlopen(const char*, int)');
  const files = [location.libraries.framework, location.libraries.cc] as const;
  for (const file of files) pin(file, RTLD_NOW | RTLD_NODELETE);
  koffi.struct('TF_Output', { oper: 'void*', index: 'int' });
  koffi.struct('TF_Buffer', { data: 'void*', length: 'size_t', dealloc: 'void*' });
  const [framework, cc] = files.map((file) => koffi.load(file));
  const declare = (from: ReturnType<typeof koffi.load>, signatures: readonly string[]) =>
    signatures.map((signature) => [/(TF_\w+)\(/.exec(signature)![1], from.func(signature)]);
  const functions = [...declare(framework!, FRAMEWORK), ...declare(cc!, CC)];
  return { c: Object.fromEntries(functions), location };
}

/** The memory behind a pointer as an ArrayBuffer; nothing is copied, and nothing keeps it alive. */
export function memoryAt(pointer: Pointer, bytes: number): ArrayBuffer {
  return bytes === 0 ? new ArrayBuffer(0) : koffi.view(pointer, bytes);
}

/** The bytes of a `TF_Buffer` that TensorFlow filled: a copy. */
export function bufferBytes(buffer: Pointer): Uint8Array {
  const [data, length] = new BigUint64Array(memoryAt(buffer, 16));
  return Uint8Array.from(new Uint8Array(memoryAt(data!, Number(length))));
}

/** Version of the TensorFlow in use, for example `2.21.0`. */
export function tensorflowVersion(): string {
  return library().c.TF_Version();
}
