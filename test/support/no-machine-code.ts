// Loaded by --import: hides all processor extensions that our machine code needs from this process.
const has = Set.prototype.has;
Set.prototype.has = function (this: Set<unknown>, value: unknown): boolean {
  return value !== 'avx512f' && value !== 'avx2' && has.call(this, value);
};
