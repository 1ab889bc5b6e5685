import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The prefix of a Node installation that holds its own headers (`include/node`), of the running major version. Without
 * one, node-gyp downloads them.
 */
export function headersPrefix(execPath = process.execPath, version = process.version) {
  const prefixes = [dirname(dirname(execPath)), dirname(dirname(realpathSync(execPath)))];
  return prefixes.find(
    (prefix) => majorIn(join(prefix, 'include', 'node')) === Number.parseInt(version.slice(1), 10),
  );
}

function majorIn(folder) {
  const file = join(folder, 'node_version.h');
  if (!existsSync(file) || !existsSync(join(folder, 'node.h'))) return undefined;
  return Number(/#define NODE_MAJOR_VERSION (\d+)/.exec(readFileSync(file, 'utf8'))?.[1]);
}
