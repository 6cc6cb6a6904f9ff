import { cluster } from './cluster.ts';
import type { Command } from './command.ts';
import { completion } from './completion.ts';
import { doctor } from './doctor.ts';
import { evaluate } from './evaluate.ts';
import { experiment } from './experiment.ts';
import { explain } from './explain.ts';
import { exportCommand } from './export.ts';
import { generate } from './generate.ts';
import { importCommand } from './import.ts';
import { inspect } from './inspect.ts';
import { live } from './live.ts';
import { lrFind } from './lr-find.ts';
import { playground } from './playground.ts';
import { predict } from './predict.ts';
import { report } from './report.ts';
import { scale } from './scale.ts';
import { search } from './search.ts';
import { serve } from './serve.ts';
import { train } from './train.ts';
import { verify } from './verify.ts';

/** Every command. To add one, write a file and list it here. */
export const commands: Readonly<Record<string, Command>> = {
  train,
  evaluate,
  explain,
  predict,
  generate,
  serve,
  inspect,
  verify,
  export: exportCommand,
  import: importCommand,
  live,
  playground,
  report,
  experiment,
  search,
  'lr-find': lrFind,
  scale,
  cluster,
  doctor,
  completion,
};
