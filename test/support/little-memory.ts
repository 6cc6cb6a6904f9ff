import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';

/** Loaded into the program by `--import`: the machine has GRADLOOM_TEST_MEMORY bytes free. */
const bytes = Number(process.env.GRADLOOM_TEST_MEMORY);
os.freemem = () => bytes;
syncBuiltinESMExports();
