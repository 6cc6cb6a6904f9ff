/**
 * Exit code of a training that ended because ranks did not arrive within the time limit (EX_TEMPFAIL of sysexits.h).
 * Unlike other own exit codes it allows a restart.
 */
export const LATE_CODE = 75;
