import { existsSync, readFileSync } from 'node:fs';
import type { LayersTopology } from '../../../models/topology.js';
import {
  isKerasArchive,
  nameByTopology,
  readKerasArchive,
  readKerasH5,
} from '../../../src/weights/keras/index.js';
import { modelOf } from '../../weights/keras/import-model.js';

// The peak of this process's memory while it imports the file that is named first, in a process of its own. The second
// one, the same model as `.keras`, gives the topology where the first has none.
const [path, archive] = process.argv.slice(2) as [string, string];
const read = await (isKerasArchive(path) ? readKerasArchive(path) : readKerasH5(path));
const topology = (read.topology ?? (await readKerasArchive(archive)).topology) as LayersTopology;
const model = modelOf(topology, nameByTopology(read.tensors, topology, path), path);
const weightBytes = [...model.weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
process.stdout.write(JSON.stringify({ weightBytes, peakBytes: peakBytes() }));

// What getrusage tells begins with the memory of the process that started this one; the kernel's own mark does not.
function peakBytes(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS);
}
