import zlib from 'node:zlib';

/** One member for `writeZip`; overrides put lies into the directory. */
export interface Member {
  name: string;
  bytes: Uint8Array;
  deflate?: boolean;
  zip64?: boolean;
  claim?: { size?: number; headerOffset?: number; crc32?: number; flags?: number; method?: number };
}

/** A zip archive, as PKWARE's APPNOTE describes it, with as much zip64 as asked for. */
export function writeZip(members: readonly Member[], { zip64End = false, comment = '' } = {}): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes, deflate = false, zip64 = false, claim = {} } of members) {
    const data = deflate ? zlib.deflateRawSync(bytes) : Buffer.from(bytes);
    const crc = claim.crc32 ?? (typeof zlib.crc32 === 'function' ? zlib.crc32(bytes) : 0);
    const size = claim.size ?? bytes.length;
    const method = claim.method ?? (deflate ? 8 : 0);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(claim.flags ?? 0, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(zip64 ? 0xffffffff : data.length, 14);
    common.writeUInt32LE(zip64 ? 0xffffffff : size, 18);
    common.writeUInt16LE(name.length, 22);
    const padding = Buffer.alloc(6); // an extra field of the local header, as torch pads with
    const local = Buffer.from(common);
    local.writeUInt16LE(padding.length, 24);
    const localHeader = Buffer.concat([
      Buffer.from('PK\x03\x04', 'latin1'),
      local,
      Buffer.from(name),
      padding,
    ]);
    const extra = zip64 ? zip64Extra([size, data.length, claim.headerOffset ?? offset]) : Buffer.alloc(0);
    common.writeUInt16LE(extra.length, 24);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(zip64 ? 0xffffffff : (claim.headerOffset ?? offset), 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, Buffer.from(name), extra);
    parts.push(localHeader, data);
    offset += localHeader.length + data.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(zip64End ? 0xffff : members.length, 10);
  end.writeUInt32LE(zip64End ? 0xffffffff : list.length, 12);
  end.writeUInt32LE(zip64End ? 0xffffffff : offset, 16);
  end.writeUInt16LE(comment.length, 20);
  const wide = zip64End ? [zip64Record(members.length, list.length, offset)] : [];
  return new Uint8Array(Buffer.concat([...parts, list, ...wide, end, Buffer.from(comment)]));
}

function zip64Extra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  values.forEach((value, i) => {
    extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  });
  return extra;
}

function zip64Record(count: number, length: number, offset: number): Buffer {
  const record = Buffer.alloc(76);
  record.write('PK\x06\x06', 0, 'latin1');
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(length), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  record.write('PK\x06\x07', 56, 'latin1');
  record.writeBigUInt64LE(BigInt(offset + length), 64);
  record.writeUInt32LE(1, 72);
  return record;
}
