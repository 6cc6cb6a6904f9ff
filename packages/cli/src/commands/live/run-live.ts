import { withDefaults } from '../../options/option.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { listenForInterrupt, whenInterrupted } from '../../terminal/interrupt.ts';
import { type Io, printLines } from '../../terminal/io.ts';
import { plural } from '../../terminal/text/format.ts';
import { liveOptions } from './options.ts';
import { watchFolders } from './watched-run.ts';

/** Serves the page of runs until a signal arrives. Resolves to the exit code. */
export async function runLive(request: Request, io: Io): Promise<number> {
  const { port } = withDefaults(liveOptions, parseRaw(liveOptions, flagsToRaw(liveOptions, request)));
  const paths = request.positionals.length === 0 ? ['runs'] : request.positionals;
  const runs = watchFolders(paths);
  const { startLiveServer } = await import('./live-server.ts');
  const interrupt = listenForInterrupt(io);
  const server = await startLiveServer(runs, port);
  try {
    const runsText = `${plural(runs().length, 'run')} of ${paths.join(', ')}`;
    printLines(io.stdout, [server.url, `shows ${runsText}, and new ones as they begin. Ctrl-C stops.`]);
    await whenInterrupted(interrupt);
    return 0;
  } finally {
    interrupt.release();
    await server.stop();
  }
}
