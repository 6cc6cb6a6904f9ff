/**
 * Exit code of a training that has ended since ranks did not come within the time limit (EX_TEMPFAIL of sysexits.h): it
 * may go on where others of its own may not.
 */
export const LATE_CODE = 75;
