import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadTask } from '../../data/tasks/index.js';
import { invalid } from '../../errors.js';
import { type Inspection, inspectTask } from '../../inspect/index.js';
import { PAGE_FILE, writePage } from '../../inspect/page/index.js';
import { Interrupted } from '../../train/index.js';
import { counting, Meter } from '../meter.js';
import { print, printJson } from '../output.js';
import { loadTaskOptions } from '../task-options.js';
import { onInterrupt } from '../train/interruption.js';
import { reportText } from './report-text.js';
import { whole } from './whole.js';

/** The flags of a report, as they were given. */
export interface ReportFlags {
  data?: string;
  out?: string;
  sample: string;
  seed: string;
  strict: boolean;
  json: boolean;
}

const FAILED = 1;

/**
 * Reports what the images of a task are and what is wrong with them.
 *
 * @throws InputError for a flag that is not as it should be
 */
export async function reportCommand(name: string, flags: ReportFlags): Promise<void> {
  const { data, out, json, strict } = flags;
  const sample = whole('--sample', flags.sample, 1);
  const seed = whole('--seed', flags.seed, 0);
  if (out !== undefined && existsSync(out) && !statSync(out).isDirectory())
    throw invalid('--out', 'a folder', out, 'There is a file of that name.');

  const meter = new Meter();
  const task = await loadTask(name, loadTaskOptions({ data, seed }, meter)).finally(() => meter.clear());
  const interruption = onInterrupt(() => meter.clear(), { notice: 'Stopping. Ctrl-C again stops at once.' });
  const { signal } = interruption;
  try {
    const onProgress = counting(meter, `Looking at ${task.name}`);
    const inspection = await inspectTask(task, { sample, signal, onProgress });
    if (out !== undefined) {
      meter.clear();
      await writePage(out, { task, inspection }, { signal, onProgress: counting(meter, 'Drawing') });
    }
    meter.clear();
    if (json) printJson(inspection);
    else print(reportText(inspection, { page: out === undefined ? undefined : join(out, PAGE_FILE) }));
    if (strict && isBad(inspection)) process.exitCode = FAILED;
  } catch (error) {
    if (signal.aborted) throw new Interrupted('Interrupted: not all images were looked at.');
    throw error;
  } finally {
    meter.clear();
    interruption.dispose();
  }
}

const isBad = ({ unreadable, leaks }: Inspection): boolean => unreadable.length + leaks.length > 0;
