import { register } from 'tsx/esm/api';

// Loaded by `node --import`, into the process and each of its threads: `--import tsx` leaves threads without
// TypeScript.
register();
