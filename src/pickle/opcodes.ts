import { damaged } from '../bytes/damaged.js';
import type { Unpickler } from './unpickler.js';
import type { PickleValue } from './values.js';

/** Integers of torch's own headers take 10 bytes; more than this is no size of anything. */
const LONGEST_INTEGER = 255;

type Opcode = (machine: Unpickler) => void;

/**
 * What each instruction of a pickle does, by its code (Python's pickletools names them). Left out on purpose:
 * INST, OBJ, NEWOBJ, EXT, protocol 0 and 1's text forms, and everything else that makes instances of classes.
 */
export const OPCODES: Readonly<Record<number, Opcode>> = {
  128: (m) => m.protocol(m.cursor.byte()),
  149: (m) => m.cursor.bytes(8), // FRAME: only a hint for buffering
  40: (m) => m.mark(),
  48: (m) => m.pop(),
  49: (m) => m.popMark(),
  50: (m) => m.push(m.top()),

  // Plain values
  78: (m) => m.push(null),
  136: (m) => m.push(true),
  137: (m) => m.push(false),
  74: (m) => m.push(m.cursor.view(4).getInt32(0, true)),
  75: (m) => m.push(m.cursor.byte()),
  77: (m) => m.push(uint16(m)),
  138: (m) => m.push(integer(m, m.cursor.byte())),
  139: (m) => m.push(integer(m, m.cursor.view(4).getInt32(0, true))),
  71: (m) => m.push(m.cursor.view(8).getFloat64(0, false)),

  // Text and bytes; Python 2 wrote text as byte strings
  88: (m) => m.push(text(m, uint32(m))),
  140: (m) => m.push(text(m, m.cursor.byte())),
  141: (m) => m.push(text(m, uint64(m))),
  84: (m) => m.byteString(uint32(m)),
  85: (m) => m.byteString(m.cursor.byte()),
  66: (m) => m.push(m.cursor.bytes(uint32(m))),
  67: (m) => m.push(m.cursor.bytes(m.cursor.byte())),
  142: (m) => m.push(m.cursor.bytes(uint64(m))),
  150: (m) => m.push(m.cursor.bytes(uint64(m))),

  // Tuples, lists, sets and dicts
  41: (m) => m.push([]),
  116: (m) => m.push(m.popMark()),
  133: (m) => m.push(take(m, 1)),
  134: (m) => m.push(take(m, 2)),
  135: (m) => m.push(take(m, 3)),
  93: (m) => m.push([]),
  108: (m) => m.push(m.popMark()),
  97: (m) => m.append([m.pop()]),
  101: (m) => m.append(m.popMark()),
  143: (m) => m.push([]),
  144: (m) => m.append(m.popMark()),
  145: (m) => m.push(m.popMark()),
  125: (m) => m.push(new Map()),
  100: (m) => dict(m, m.popMark()),
  115: (m) => m.setItems(take(m, 2)),
  117: (m) => m.setItems(m.popMark()),

  // The memo
  113: (m) => m.remember(m.cursor.byte()),
  114: (m) => m.remember(uint32(m)),
  148: (m) => m.memoize(),
  104: (m) => m.recall(m.cursor.byte()),
  106: (m) => m.recall(uint32(m)),

  // Names, calls and storages
  99: (m) => m.global(m.cursor.line(), m.cursor.line()),
  147: (m) => {
    const name = m.pop();
    m.global(m.pop(), name);
  },
  82: (m) => m.reduce(),
  98: (m) => m.build(),
  81: (m) => m.persistent(),
};

function take(machine: Unpickler, count: number): PickleValue[] {
  const values: PickleValue[] = [];
  for (let i = 0; i < count; i += 1) values.unshift(machine.pop());
  return values;
}

function dict(machine: Unpickler, pairs: PickleValue[]): void {
  machine.push(new Map());
  machine.setItems(pairs);
}

function uint16(machine: Unpickler): number {
  return machine.cursor.view(2).getUint16(0, true);
}

function uint32(machine: Unpickler): number {
  return machine.cursor.view(4).getUint32(0, true);
}

function uint64(machine: Unpickler): number {
  return Number(machine.cursor.view(8).getBigUint64(0, true));
}

function text(machine: Unpickler, length: number): string {
  return new TextDecoder().decode(machine.cursor.bytes(length));
}

/** A little-endian integer in two's complement: a number where it can be one. */
function integer(machine: Unpickler, length: number): number | bigint {
  if (length < 0 || length > LONGEST_INTEGER)
    throw damaged(machine.path, 'an integer', `one of ${length} bytes`);
  let value = 0n;
  for (const byte of machine.cursor.bytes(length).reverse()) value = (value << 8n) | BigInt(byte);
  const signed = BigInt.asIntN(length * 8, value);
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
}
