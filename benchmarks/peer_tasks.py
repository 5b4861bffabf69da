"""What the peers do, each function in the environment of the library it imports. Python 3.11; imports nothing of ours.

Called by `peers.run` as ``python peer_tasks.py TASK ARGUMENTS``; prints one JSON object on its last line.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any


def _orders(path: str) -> Any:
    import pandas as pd

    return pd.read_parquet(path, columns=["customer_id", "ordered_at", "net_revenue"])


def lifetimes_summary(path: str, as_of: str) -> dict[str, Any]:
    """Customer summary by lifetimes."""
    from lifetimes.utils import summary_data_from_transaction_data

    begun = perf_counter()
    found = summary_data_from_transaction_data(
        _orders(path), "customer_id", "ordered_at", "net_revenue", observation_period_end=as_of
    )
    return {"seconds": perf_counter() - begun, "customers": len(found), "frequency": int(found["frequency"].sum())}


def pymc_summary(path: str, as_of: str) -> dict[str, Any]:
    """Customer summary by pymc-marketing."""
    from pymc_marketing.clv.utils import rfm_summary

    begun = perf_counter()
    found = rfm_summary(_orders(path), "customer_id", "ordered_at", "net_revenue", observation_period_end=as_of)
    return {"seconds": perf_counter() - begun, "customers": len(found), "frequency": int(found["frequency"].sum())}


def _retail(path: str) -> Any:
    import ibis

    table = ibis.duckdb.connect().read_parquet(path)
    return table.select(
        customer_id=table.customer_id,
        transaction_id=table.order_id,
        transaction_date=table.ordered_at,
        unit_spend=table.net_revenue,
    )


def openretailscience_summary(path: str, as_of: str) -> dict[str, Any]:
    """Recency, frequency, monetary value and their fifths by openretailscience."""
    from openretailscience.segmentation.rfm import RFMSegmentation

    begun = perf_counter()
    found = RFMSegmentation(_retail(path), current_date=as_of).df
    return {"seconds": perf_counter() - begun, "customers": len(found), "frequency": int(found["frequency"].sum())}


def openretailscience_cohorts(path: str) -> dict[str, Any]:
    """Monthly cohorts by openretailscience."""
    from openretailscience.analysis.cohort import CohortAnalysis

    begun = perf_counter()
    found = CohortAnalysis(_retail(path), aggregation_column="customer_id", agg_func="nunique", period="month").df
    return {"seconds": perf_counter() - begun, "cells": int(found.size), "cohorts": len(found)}


def lifetimes_fit(path: str, holdout: float | None = None) -> dict[str, Any]:
    """BG/NBD by lifetimes on a summary in weeks; with a horizon, what it expects of every customer."""
    import pandas as pd
    from lifetimes import BetaGeoFitter

    data = pd.read_parquet(path)
    begun = perf_counter()
    model = BetaGeoFitter(penalizer_coef=0.0).fit(data["frequency"], data["recency"], data["T"])
    found = {
        "seconds": perf_counter() - begun,
        "parameters": dict(model.params_),
        "log_likelihood": -float(model._negative_log_likelihood_) * len(data),
    }
    if holdout is not None:
        expected = model.conditional_expected_number_of_purchases_up_to_time(
            holdout, data["frequency"], data["recency"], data["T"]
        )
        found |= _errors(expected.to_numpy(), data["actual"].to_numpy())
    return found


def pymc_fit(path: str, holdout: float | None = None) -> dict[str, Any]:
    """BG/NBD by pymc-marketing at the mode, with flat priors so that it is the likelihood that is maximised."""
    import pandas as pd
    from pymc_extras.prior import Prior
    from pymc_marketing.clv import BetaGeoModel

    data = pd.read_parquet(path)
    data = data.assign(customer_id=range(len(data)))
    begun = perf_counter()
    flat = {name: Prior("HalfFlat") for name in ("a", "b", "alpha", "r")}
    columns = data[["customer_id", "frequency", "recency", "T"]]
    model = BetaGeoModel(data=columns, model_config=flat)
    model.fit(method="map")
    seconds = perf_counter() - begun
    parameters = {name: float(model.idata.posterior[name].mean()) for name in ("r", "alpha", "a", "b")}
    found: dict[str, Any] = {"seconds": seconds, "parameters": parameters}
    if holdout is not None:
        expected = model.expected_purchases(data=columns, future_t=holdout).mean(("chain", "draw"))
        found |= _errors(expected.to_numpy(), data["actual"].to_numpy())
    return found


def _errors(expected: Any, actual: Any) -> dict[str, float]:
    """Mean absolute error per customer, and the total expected over the total that came, minus 1."""
    return {
        "mean_absolute_error": float(abs(expected - actual).mean()),
        "error": float(expected.sum() / actual.sum() - 1),
    }


def learned_risk(folder: str) -> dict[str, Any]:
    """Chance of returning by gradient boosting and by logistic regression on the business's own earlier windows."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train, test = (np.load(Path(folder) / f"{name}.npz") for name in ("train", "test"))
    begun = perf_counter()
    models = {
        "gradient boosting": HistGradientBoostingClassifier(
            learning_rate=0.05, max_iter=300, early_stopping=True, random_state=0
        ),
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000)),
    }
    for name, model in models.items():
        side = "features" if name == "gradient boosting" else "logs"
        model.fit(train[side], train["returned"])
        np.save(Path(folder) / f"{name}.npy", model.predict_proba(test[side])[:, 1])
    return {"seconds": perf_counter() - begun}


def mlxtend_pairs(path: str, support: float) -> dict[str, Any]:
    """Pairs of products by mlxtend: baskets one-hot encoded (sparse), frequent sets of at most two, rules with their lift."""
    import pandas as pd
    from mlxtend.frequent_patterns import association_rules, fpgrowth
    from mlxtend.preprocessing import TransactionEncoder

    begun = perf_counter()
    data = pd.read_parquet(path)
    data = data[data["product"].notna() & (data["quantity"].isna() | (data["quantity"] > 0))]
    bought = data[["order_id", "product"]].drop_duplicates()
    contents = bought.groupby("order_id")["product"].agg(list).tolist()
    encoder = TransactionEncoder()
    hot = encoder.fit(contents).transform(contents, sparse=True)
    table = pd.DataFrame.sparse.from_spmatrix(hot, columns=encoder.columns_)
    frequent = fpgrowth(table, min_support=support, use_colnames=True, max_len=2)
    rules = association_rules(frequent, metric="lift", min_threshold=0.0)
    seconds = perf_counter() - begun
    pairs = {}
    for a, b, share, lift in zip(
        rules["antecedents"], rules["consequents"], rules["support"], rules["lift"], strict=True
    ):
        (first,), (second,) = a, b
        if first < second:
            pairs[f"{first}|{second}"] = [float(share), float(lift)]
    return {"seconds": seconds, "pairs": pairs}


def kaplan_meier(path: str, at: list[float]) -> dict[str, Any]:
    """Kaplan–Meier by lifelines: survival and its interval at some days."""
    import pandas as pd
    from lifelines import KaplanMeierFitter

    data = pd.read_parquet(path)
    begun = perf_counter()
    model = KaplanMeierFitter().fit(data["days"], data["event"])
    return {"seconds": perf_counter() - begun, "survival": [float(v) for v in model.survival_function_at_times(at)]}


def agreement_lifetimes(
    histories: dict[str, list[float]], cases: dict[str, list[float]], weeks: float
) -> dict[str, Any]:
    """What lifetimes makes of histories and spend, and says of single customers with the fitted models."""
    import numpy as np
    from lifetimes import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter

    x, t_x, T, z = (np.array(histories[name]) for name in ("frequency", "recency", "T", "monetary_value"))
    cx, ct, cT, cz = (np.array(cases[name]) for name in ("frequency", "recency", "T", "monetary_value"))
    found: dict[str, Any] = {}
    for name, fitter in (("bg_nbd", BetaGeoFitter), ("mbg_nbd", ModifiedBetaGeoFitter)):
        model = fitter(penalizer_coef=0.0).fit(x, t_x, T)
        expected = model.conditional_expected_number_of_purchases_up_to_time(weeks, cx, ct, cT)
        found[name] = {
            "parameters": {key: float(model.params_[key]) for key in ("r", "alpha", "a", "b")},
            "p_alive": [float(v) for v in np.ravel(model.conditional_probability_alive(cx, ct, cT))],
            "expected_orders": [float(v) for v in np.ravel(expected)],
        }
    back = x > 0
    value = GammaGammaFitter(penalizer_coef=0.0).fit(x[back], z[back])
    found["gamma_gamma"] = {
        "parameters": {
            "p": float(value.params_["p"]),
            "q": float(value.params_["q"]),
            "gamma": float(value.params_["v"]),
        },
        "expected_value": [float(v) for v in np.ravel(value.conditional_expected_average_profit(cx, cz))],
    }
    return found


def agreement_cdnow(path: str, weeks: float, singles: dict[str, list[float]], year: float) -> dict[str, Any]:
    """BG/NBD by lifetimes on a summary in weeks: mean expected orders by frequency class, of single customers and of a newcomer."""
    import numpy as np
    import pandas as pd
    from lifetimes import BetaGeoFitter

    data = pd.read_parquet(path)
    model = BetaGeoFitter(penalizer_coef=0.0).fit(data["frequency"], data["recency"], data["T"])
    expected = model.conditional_expected_number_of_purchases_up_to_time(
        weeks, data["frequency"], data["recency"], data["T"]
    )
    by_class = expected.groupby(data["frequency"].clip(upper=7)).mean()
    x, t_x, T = (np.array(singles[name]) for name in ("frequency", "recency", "T"))
    orders = model.conditional_expected_number_of_purchases_up_to_time(year, x, t_x, T)
    return {
        "by_class": [float(v) for v in by_class],
        "expected_orders": [float(v) for v in np.ravel(orders)],
        "p_alive": [float(v) for v in np.ravel(model.conditional_probability_alive(x, t_x, T))],
        "newcomer": float(model.expected_number_of_purchases_up_to_time(year)),
    }


def agreement_lifelines(days: list[int], event: list[int], at: list[int]) -> dict[str, Any]:
    """Kaplan–Meier by lifelines with its log–log interval, and the median with its interval."""
    from lifelines import KaplanMeierFitter
    from lifelines.utils import median_survival_times

    model = KaplanMeierFitter().fit(days, event)
    band = model.confidence_interval_survival_function_
    rows = band.reindex(band.index.union(at)).ffill().loc[at]
    median = median_survival_times(band).iloc[0]
    return {
        "survival": [float(v) for v in model.survival_function_at_times(at)],
        "low": [float(v) for v in rows.iloc[:, 0]],
        "high": [float(v) for v in rows.iloc[:, 1]],
        "median": [float(model.median_survival_time_), *sorted(float(v) for v in median)],
    }


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](**json.loads(sys.argv[2]))))
