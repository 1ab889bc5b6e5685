import { Busboy } from '@fastify/busboy';
import type { BodySink } from './body.js';
import { Refusal } from './refusal.js';

/** What a form may have besides its file, and how long the headers of a part may be: more is no form that a person sends. */
const LIMITS = { parts: 16, headerPairs: 32, headerSize: 16_384, fieldSize: 65_536 } as const;

/**
 * Takes a form with one file; its other fields are passed over.
 *
 * @param contentType with its boundary
 * @throws Refusal 400 for a form without a boundary
 */
export function multipartSink(contentType: string): BodySink {
  const files: Buffer[][] = [];
  let refusal: Refusal | undefined;
  const refuse = (message: string) => {
    refusal ??= new Refusal(400, message);
  };
  const parser = parserOf(contentType);
  const done = new Promise<void>((resolve) => {
    // It may fail more than once, and finish after that.
    parser.on('error', (error: Error) => {
      refuse(`The form cannot be read: ${error.message}. Send it again.`);
      resolve();
    });
    parser.on('finish', resolve);
  });
  parser.on('file', (_field, file) => {
    const chunks: Buffer[] = [];
    files.push(chunks);
    if (files.length > 1) refuse('The form has more than one file. Send one image a request.');
    file.on('data', (chunk: Buffer) => chunks.push(chunk));
    file.on('error', () => refuse('The form ends in the middle of its file. Send it again.'));
  });
  parser.on('partsLimit', () => refuse(`The form has more than ${LIMITS.parts} parts. Send the file alone.`));
  return {
    write(chunk) {
      if (!refusal) parser.write(chunk);
      if (refusal) throw refusal;
    },
    async end() {
      parser.end();
      await done;
      if (refusal) throw refusal;
      const [file] = files;
      if (!file) {
        throw new Refusal(
          400,
          'The form has no file. Send one with a file name, as curl -F image=@cat.jpg does.',
        );
      }
      return Buffer.concat(file);
    },
  };
}

function parserOf(contentType: string): InstanceType<typeof Busboy> {
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits: LIMITS });
  } catch {
    throw new Refusal(
      400,
      "The content-type multipart/form-data has no usable boundary. Let the HTTP client's form set it.",
    );
  }
}
