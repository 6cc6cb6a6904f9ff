import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel, type TrainEvent } from '@gradloom/runtime';
import { modelPath } from '../../files/models/model-path.ts';
import { refuseMoreThan } from '../../files/models/open-model.ts';
import { withDefaults } from '../../options/option.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { listenForInterrupt, whenInterrupted } from '../../terminal/interrupt.ts';
import { type Io, printLines } from '../../terminal/io.ts';
import { builtFile } from '../http/page-server.ts';
import { digitFile, standardModel } from './digit-model.ts';
import { playgroundOptions } from './options.ts';
import { DIGITS, FILES, type OpenDigits, startPlayground } from './playground-server.ts';

/** Serves the playground until a signal arrives, or writes its files. Resolves to the exit code. */
export async function runPlayground(request: Request, io: Io): Promise<number> {
  refuseMoreThan(0, request.positionals, 'options alone');
  const values = parseRaw(playgroundOptions, flagsToRaw(playgroundOptions, request));
  const { port, model, out } = withDefaults(playgroundOptions, values);
  const userModel = model === undefined ? null : digitFile(loadModel(modelPath(model)));
  if (out !== undefined) {
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, DIGITS), JSON.stringify(userModel ?? digitFile(await standardModel())));
    for (const name of ['index.html', ...Object.keys(FILES)])
      copyFileSync(builtFile(`playground/${name}`), join(out, name));
    const how = 'any web server can serve it; with the headers of the docs, several threads train';
    printLines(io.stdout, [`the playground is in ${out}: ${how}`]);
    return 0;
  }
  const interrupt = listenForInterrupt(io);
  const digits: OpenDigits = async (onTraining) => {
    const onEvent = (event: TrainEvent): void => {
      if (event.type === 'progress') onTraining(event.step / event.totalSteps);
    };
    return userModel ?? digitFile(await standardModel({ onEvent, signal: interrupt.signal }));
  };
  const server = await startPlayground(digits, port);
  try {
    printLines(io.stdout, [server.url, 'trains in your browser. Ctrl-C stops.']);
    await whenInterrupted(interrupt);
    return 0;
  } finally {
    interrupt.release();
    await server.stop();
  }
}
