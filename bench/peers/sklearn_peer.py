"""scikit-learn's MLPClassifier: whole epochs without shuffling, from the given weights."""

import time
import warnings

from serve import missing, read_workload, require_fast_blas, serve, set_blas_threads

try:
    import numpy as np
    import sklearn
    from sklearn.neural_network import MLPClassifier

    np.zeros((2, 2)) @ np.zeros((2, 2))
    about = f"scikit-learn {sklearn.__version__}, {require_fast_blas()}"
except ImportError as error:
    missing(error)
    raise SystemExit(0)


class Training:
    def __init__(self, workload, variant):
        warnings.filterwarnings("ignore")  # it warns that it has not converged, which is intended
        set_blas_threads(variant["threads"])
        self.x, self.t, layers = read_workload(workload)
        self.steps = workload["rows"] // workload["batch"]
        self.net = MLPClassifier(
            hidden_layer_sizes=workload["widths"][1:-1],
            activation="relu",
            solver="adam",
            alpha=0,
            batch_size=workload["batch"],
            learning_rate_init=workload["optimizer"]["lr"],
            shuffle=False,
            warm_start=True,
            max_iter=1,
            tol=0,
            n_iter_no_change=1_000_000,
        )
        self.net.fit(self.x, self.t)
        self.net.coefs_ = [W for W, _ in layers]
        self.net.intercepts_ = [b for _, b in layers]
        del self.net._optimizer

    def run(self, steps):
        epochs = max(1, round(steps / self.steps))
        self.net.set_params(max_iter=epochs)
        self.net.n_iter_ = 0
        start = time.perf_counter()
        self.net.fit(self.x, self.t)
        return epochs * self.steps, (time.perf_counter() - start) * 1000

    def loss_after(self, steps):
        self.run(steps)
        p = self.net.predict_proba(self.x)
        return float(-np.log(p[np.arange(len(self.t)), self.t]).mean())


serve(about, Training)
