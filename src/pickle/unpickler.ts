import type { ByteCursor } from '../bytes/byte-cursor.js';
import { damaged } from '../bytes/damaged.js';
import { InputError } from '../errors.js';
import type { AllowList } from './allow-list.js';
import { OPCODES } from './opcodes.js';
import { PickleGlobal, PickleObject, type PickleValue } from './values.js';

/**
 * The machine that reads one pickle of protocols 2 to 5: a stack, a memo, and the opcodes of the table. Only names on the
 * allow-list resolve, so a file can build data and nothing else.
 */
export class Unpickler {
  private stack: PickleValue[] = [];
  private readonly marked: PickleValue[][] = [];
  private readonly memo = new Map<number, PickleValue>();
  /** Pairs and characters that calls copied. */
  private copied = 0;

  constructor(
    readonly cursor: ByteCursor,
    private readonly allowList: AllowList,
  ) {}

  /** Reads up to the STOP of one pickle and leaves the cursor behind it. */
  load(): PickleValue {
    for (;;) {
      const at = this.cursor.position;
      const code = this.cursor.byte();
      if (code === STOP) return this.pop();
      const opcode = OPCODES[code];
      if (opcode === undefined) {
        throw damaged(this.path, `an instruction of a pickle at byte ${at}`, `0x${code.toString(16)}`);
      }
      opcode(this);
    }
  }

  get path(): string {
    return this.cursor.source.path;
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined) throw damaged(this.path, 'a value on the stack of the pickle', 'none');
    return value;
  }

  top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined) throw damaged(this.path, 'a value on the stack of the pickle', 'none');
    return value;
  }

  mark(): void {
    this.marked.push(this.stack);
    this.stack = [];
  }

  /** The values since the last mark, which goes away. */
  popMark(): PickleValue[] {
    const values = this.stack;
    const before = this.marked.pop();
    if (before === undefined) throw damaged(this.path, 'a mark on the stack of the pickle', 'none');
    this.stack = before;
    return values;
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  /** Protocol 4: the next free index. */
  memoize(): void {
    this.remember(this.memo.size);
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw damaged(this.path, `entry ${index} in the memo of the pickle`, 'none');
    this.push(value);
  }

  global(module: PickleValue, name: PickleValue): void {
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw damaged(this.path, 'the name of a class', 'something else');
    }
    const full = `${module}.${name}`;
    const { title, globals, advice } = this.allowList;
    const known = globals.get(full);
    if (known === undefined) {
      throw new InputError(
        `${this.path} asks for '${full}', which is refused: only ${title} and plain data are read, and nothing is run. ` +
          `Known: ${[...globals.keys()].join(', ')}. ${advice}`,
      );
    }
    this.push(known);
  }

  persistent(): void {
    const id = this.pop();
    const { title, persistent } = this.allowList;
    if (!persistent) throw damaged(this.path, title, 'a persistent id');
    this.push(persistent(id));
  }

  /** A byte string of Python 2, which also wrote text as such. */
  byteString(length: number): void {
    const bytes = this.cursor.bytes(length);
    this.push(this.allowList.byteStrings === 'bytes' ? bytes : new TextDecoder().decode(bytes));
  }

  /** Calls a function of the allow-list with a tuple of arguments. */
  reduce(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!Array.isArray(args) || !(callee instanceof PickleGlobal) || callee.call === undefined) {
      throw damaged(this.path, 'a function of the allow-list and its arguments', 'something else');
    }
    // One list or text may be named again and again: a short file must not copy it without end.
    const [first] = args;
    this.copied += Array.isArray(first) || typeof first === 'string' ? first.length : 0;
    if (this.copied > this.cursor.source.size) throw damaged(this.path, 'fewer pairs than bytes', 'more');
    this.push(callee.call(args));
  }

  /** Sets an object's attributes. */
  build(): void {
    const state = this.pop();
    const object = this.top();
    if (object instanceof PickleObject && object.setState) object.setState(state);
    // Dicts of modules carry `_metadata`, which nothing needs.
    else if (!(object instanceof Map)) {
      const received = object instanceof PickleObject ? object.title : 'another object';
      throw damaged(this.path, 'a dict with attributes', received);
    }
  }

  setItems(pairs: readonly PickleValue[]): void {
    const map = this.top();
    if (!(map instanceof Map) || pairs.length % 2 !== 0)
      throw damaged(this.path, 'a dict and its items', 'something else');
    for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i] as PickleValue, pairs[i + 1] as PickleValue);
  }

  append(values: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw damaged(this.path, 'a list', 'something else');
    for (const value of values) list.push(value);
  }

  /** The protocol that the pickle states first: others than 2 to 5 are refused. */
  protocol(version: number): void {
    if (version < 2 || version > 5) {
      throw new InputError(`${this.path} is a pickle of protocol ${version}; 2 to 5 are read.`);
    }
  }
}

const STOP = 0x2e;
