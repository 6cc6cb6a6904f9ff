import './watch-libraries.ts';
import { findBlas } from '../../packages/runtime/src/engine/backends/native/find-blas.ts';

findBlas({ path: '/tmp/forged.so' });
