import { assembleCode, extensions } from '@gradloom/core/internal';
for (const [n, e] of Object.entries(extensions) as any) for (const t of ['float64','float32']) { const s = performance.now(); const c = assembleCode(e.createIsa(t)); console.log(n, t, c.code.length, (performance.now()-s).toFixed(1)); }
