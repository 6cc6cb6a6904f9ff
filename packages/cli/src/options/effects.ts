/**
 * Who may set an option. `run`: it is recorded with a run, and may be set by a file of the run. `config`: a file of
 * --config may set it, but it is not recorded. `flag`: only the command line.
 */
export type SetBy = 'run' | 'config' | 'flag';

/**
 * The effect of an option, and hence who may set it. Files of options may come from strangers: each effect says why
 * that is harmless, or why files may not set it.
 */
export const effects = {
  result: {
    setBy: 'run',
    why: 'a number or a known word, checked before the run; a run that needs too much memory is refused',
  },
  naming: { setBy: 'run', why: 'the name of a column, which is only compared with those of the table' },
  reading: {
    setBy: 'run',
    why: 'a path that is only read: its bytes are data within bounds, and pipes and devices are refused',
  },
  execution: {
    setBy: 'run',
    why: 'how the work is done: no more threads than can help, only a library that the system or GRADLOOM_BLAS names, and only files in the directory of the run',
  },
  bound: { setBy: 'config', why: 'it can only lower what a run takes, or refuse it' },
  showing: { setBy: 'config', why: 'only flags and --config say what is printed and kept' },
  destination: { setBy: 'flag', why: 'only --out says where a run is written' },
  listening: { setBy: 'flag', why: 'only --live opens a port, on this machine' },
  code: { setBy: 'flag', why: 'a library or module is code: only --blas, GRADLOOM_BLAS and --module name one' },
  cluster: { setBy: 'flag', why: 'which processes train together, and how, is said where they are started' },
  source: { setBy: 'flag', why: 'only flags say where options come from' },
} as const satisfies Readonly<Record<string, { setBy: SetBy; why: string }>>;

export type Effect = keyof typeof effects;

/** Effects of the options that change the result of a run. */
export const RESULT_EFFECTS: readonly Effect[] = ['result', 'naming', 'reading'];

/** Whether a file of a run, or of --config, may set an option. */
export const mayStandIn = (file: 'run' | 'config', effect: Effect): boolean =>
  effects[effect].setBy === 'run' || effects[effect].setBy === file;
