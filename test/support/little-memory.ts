import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';

/** Loaded into the program by `--import`: makes the machine report GRADLOOM_TEST_MEMORY bytes of free memory. */
const bytes = Number(process.env.GRADLOOM_TEST_MEMORY);
os.freemem = () => bytes;
syncBuiltinESMExports();
