"""Writes small models as folders of Hugging Face, as the papers and their configurations say, and prints what they
compute. argv[1] is a JSON list of { folder, config, tokens, dtype, shards, prefix, head }; of each model the outputs of
each row of tokens are printed."""

import json
import math
import os
import sys

import torch
import torch.nn.functional as F
from safetensors_file import load, save


def gpt2(config, tokens, w):
    C, H = config["n_embd"], config["n_head"]
    T = len(tokens)

    def norm(x, name):
        return F.layer_norm(x, [C], w[name + ".weight"], w[name + ".bias"], config["layer_norm_epsilon"])

    def conv1d(x, name):
        return x @ w[name + ".weight"] + w[name + ".bias"]

    x = w["transformer.wte.weight"][tokens] + w["transformer.wpe.weight"][:T]
    for k in range(config["n_layer"]):
        at = f"transformer.h.{k}"
        q, k_, v = conv1d(norm(x, at + ".ln_1"), at + ".attn.c_attn").view(T, 3, H, C // H).permute(1, 2, 0, 3)
        y = F.scaled_dot_product_attention(q, k_, v, is_causal=True)
        x = x + conv1d(y.transpose(0, 1).reshape(T, C), at + ".attn.c_proj")
        hidden = conv1d(norm(x, at + ".ln_2"), at + ".mlp.c_fc")
        new = 0.5 * hidden * (1 + torch.tanh(math.sqrt(2 / math.pi) * (hidden + 0.044715 * hidden**3)))
        x = x + conv1d(new, at + ".mlp.c_proj")
    return norm(x, "transformer.ln_f") @ w["transformer.wte.weight"].T


def gpt2_shapes(config):
    C, inner = config["n_embd"], config.get("n_inner") or 4 * config["n_embd"]
    shapes = {"wte.weight": [config["vocab_size"], C], "wpe.weight": [config["n_positions"], C]}
    for k in range(config["n_layer"]):
        at = f"h.{k}"
        for norm in (at + ".ln_1", at + ".ln_2"):
            shapes |= {norm + ".weight": [C], norm + ".bias": [C]}
        sizes = {"attn.c_attn": (C, 3 * C), "attn.c_proj": (C, C), "mlp.c_fc": (C, inner), "mlp.c_proj": (inner, C)}
        for name, (inputs, outputs) in sizes.items():
            shapes |= {f"{at}.{name}.weight": [inputs, outputs], f"{at}.{name}.bias": [outputs]}
        shapes[at + ".attn.bias"] = [1, 1, config["n_positions"], config["n_positions"]]
    shapes |= {"ln_f.weight": [C], "ln_f.bias": [C]}
    return {"transformer." + name: shape for name, shape in shapes.items()}


def rates_of(config, d):
    rates = float(config["rope_theta"]) ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)
    scaling = config.get("rope_scaling")
    if scaling is None:
        return rates
    if scaling["rope_type"] == "linear":
        return rates / scaling["factor"]
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    old = scaling["original_max_position_embeddings"]
    scaled = []
    for rate in rates.tolist():
        wavelength = 2 * math.pi / rate
        smooth = (old / wavelength - low) / (high - low)
        if wavelength < old / high:
            scaled.append(rate)
        elif wavelength > old / low:
            scaled.append(rate / scaling["factor"])
        else:
            scaled.append((1 - smooth) * rate / scaling["factor"] + smooth * rate)
    return torch.tensor(scaled, dtype=torch.float64)


def llama(config, tokens, w):
    C, H, T = config["hidden_size"], config["num_attention_heads"], len(tokens)
    K, d = config["num_key_value_heads"], config.get("head_dim", config["hidden_size"] // config["num_attention_heads"])
    x = w["model.embed_tokens.weight"][tokens]
    angles = torch.outer(torch.arange(T, dtype=torch.float64), rates_of(config, d)).to(x.dtype)
    cos, sin = torch.cat([angles, angles], -1).cos(), torch.cat([angles, angles], -1).sin()

    def norm(x, name):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + config["rms_norm_eps"]) * w[name + ".weight"]

    def linear(x, name):
        return F.linear(x, w[name + ".weight"], w.get(name + ".bias"))

    def rotate(x):
        a, b = x.chunk(2, -1)
        return x * cos + torch.cat([-b, a], -1) * sin

    for k in range(config["num_hidden_layers"]):
        at = f"model.layers.{k}"
        h = norm(x, at + ".input_layernorm")
        q, keys, v = (
            linear(h, f"{at}.self_attn.{name}_proj").view(T, heads, d).transpose(0, 1)
            for name, heads in (("q", H), ("k", K), ("v", K))
        )
        q, keys = rotate(q), rotate(keys)
        keys, v = keys.repeat_interleave(H // K, 0), v.repeat_interleave(H // K, 0)
        y = F.scaled_dot_product_attention(q, keys, v, is_causal=True).transpose(0, 1).reshape(T, H * d)
        x = x + linear(y, at + ".self_attn.o_proj")
        h = norm(x, at + ".post_attention_layernorm")
        x = x + linear(F.silu(linear(h, at + ".mlp.gate_proj")) * linear(h, at + ".mlp.up_proj"), at + ".mlp.down_proj")
    x = norm(x, "model.norm")
    return x @ (w["model.embed_tokens.weight"] if config["tie_word_embeddings"] else w["lm_head.weight"]).T


def llama_shapes(config):
    C, inner, V = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    H, K = config["num_attention_heads"], config["num_key_value_heads"]
    d = config.get("head_dim", C // H)
    has_bias = config["model_type"] == "qwen2"
    shapes = {"model.embed_tokens.weight": [V, C], "model.norm.weight": [C]}
    for k in range(config["num_hidden_layers"]):
        at = f"model.layers.{k}"
        for name, outputs, inputs in (
            ("self_attn.q_proj", H * d, C),
            ("self_attn.k_proj", K * d, C),
            ("self_attn.v_proj", K * d, C),
            ("self_attn.o_proj", C, H * d),
            ("mlp.gate_proj", inner, C),
            ("mlp.up_proj", inner, C),
            ("mlp.down_proj", C, inner),
        ):
            shapes[f"{at}.{name}.weight"] = [outputs, inputs]
            if has_bias and name[-6] in "qkv" and "self_attn" in name:
                shapes[f"{at}.{name}.bias"] = [outputs]
        shapes |= {f"{at}.{norm}.weight": [C] for norm in ("input_layernorm", "post_attention_layernorm")}
    return shapes | ({} if config["tie_word_embeddings"] else {"lm_head.weight": [V, C]})


def bert(config, tokens, w):
    """The outputs of the pooler, the means of all positions, and classes if there are any."""
    C, H, T = config["hidden_size"], config["num_attention_heads"], len(tokens)

    def norm(x, name):
        return F.layer_norm(x, [C], w[name + ".weight"], w[name + ".bias"], config["layer_norm_eps"])

    def linear(x, name):
        return F.linear(x, w[name + ".weight"], w[name + ".bias"])

    at = "bert.embeddings."
    x = w[at + "word_embeddings.weight"][tokens] + w[at + "position_embeddings.weight"][:T]
    x = norm(x + w[at + "token_type_embeddings.weight"][0], at + "LayerNorm")
    for k in range(config["num_hidden_layers"]):
        at = f"bert.encoder.layer.{k}."
        q, keys, v = (
            linear(x, f"{at}attention.self.{name}").view(T, H, C // H).transpose(0, 1)
            for name in ("query", "key", "value")
        )
        y = F.scaled_dot_product_attention(q, keys, v).transpose(0, 1).reshape(T, C)
        x = norm(x + linear(y, at + "attention.output.dense"), at + "attention.output.LayerNorm")
        y = linear(F.gelu(linear(x, at + "intermediate.dense")), at + "output.dense")
        x = norm(x + y, at + "output.LayerNorm")
    pooled = torch.tanh(linear(x[0], "bert.pooler.dense"))
    outputs = {"pooler": pooled.tolist(), "mean": x.mean(0).tolist()}
    return outputs | ({"classes": linear(pooled, "classifier").tolist()} if "classifier.weight" in w else {})


def bert_shapes(config):
    C, inner = config["hidden_size"], config["intermediate_size"]
    tables = {"word": config["vocab_size"], "position": config["max_position_embeddings"], "token_type": 2}
    shapes = {f"embeddings.{name}_embeddings.weight": [rows, C] for name, rows in tables.items()}
    linears, norms = {"pooler.dense": (C, C)}, ["embeddings.LayerNorm"]
    for k in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{k}."
        linears |= {f"{at}attention.self.{name}": (C, C) for name in ("query", "key", "value")}
        linears |= {at + "attention.output.dense": (C, C), at + "intermediate.dense": (inner, C)}
        linears[at + "output.dense"] = (C, inner)
        norms += [at + "attention.output.LayerNorm", at + "output.LayerNorm"]
    for name, (outputs, inputs) in linears.items():
        shapes |= {name + ".weight": [outputs, inputs], name + ".bias": [outputs]}
    for name in norms:
        shapes |= {name + ".weight": [C], name + ".bias": [C]}
    shapes = {"bert." + name: shape for name, shape in shapes.items()}
    labels = len(config.get("id2label", {}))
    return shapes | ({"classifier.weight": [labels, C], "classifier.bias": [labels]} if labels else {})


MODELS = {
    "gpt2": (gpt2, gpt2_shapes),
    "llama": (llama, llama_shapes),
    "qwen2": (llama, llama_shapes),
    "mistral": (llama, llama_shapes),
    "bert": (bert, bert_shapes),
}


def weights_in(folder):
    index = os.path.join(folder, "model.safetensors.index.json")
    if not os.path.exists(index):
        return load(os.path.join(folder, "model.safetensors"))
    with open(index) as file:
        names = sorted(set(json.load(file)["weight_map"].values()))
    return {name: tensor for file in names for name, tensor in load(os.path.join(folder, file)).items()}


def write(case):
    """Writes the weights of a model, unless its folder has some."""
    folder, config = case["folder"], case["config"]
    if any(name.startswith("model.safetensors") for name in os.listdir(folder)):
        return
    torch.manual_seed(7)
    _, shapes_of = MODELS[config["model_type"]]
    dtype = getattr(torch, case.get("dtype", "float64"))
    weights = {}
    for name, shape in shapes_of(config).items():
        drawn = 0.4 * torch.randn(shape, dtype=torch.float64)
        weights[name] = (drawn + 1 if len(shape) == 1 and name.endswith("weight") else drawn).to(dtype)
    prefix = case.get("dropPrefix", "")
    weights = {name.removeprefix(prefix): tensor for name, tensor in weights.items()}
    shards = case.get("shards", 1)
    if shards == 1:
        save(os.path.join(folder, "model.safetensors"), weights)
        return
    names = [f"model-{k + 1:05}-of-{shards:05}.safetensors" for k in range(shards)]
    weight_map = {tensor: names[k % shards] for k, tensor in enumerate(weights)}
    for name in names:
        save(os.path.join(folder, name), {t: weights[t] for t in weights if weight_map[t] == name})
    with open(os.path.join(folder, "model.safetensors.index.json"), "w") as file:
        json.dump({"metadata": {}, "weight_map": weight_map}, file)


def answer(case):
    write(case)
    with open(os.path.join(case["folder"], "config.json")) as file:
        config = json.load(file)
    run, _ = MODELS[config["model_type"]]
    # In doubles, so that what is compared is the network of the other side.
    prefix = case.get("dropPrefix", "")
    weights = {
        (name if not prefix or name.startswith(("lm_head", "classifier")) else prefix + name): tensor.double()
        for name, tensor in weights_in(case["folder"]).items()
    }
    outputs = [run(config, torch.tensor(row), weights) for row in case["tokens"]]
    return [output.tolist() if torch.is_tensor(output) else output for output in outputs]


with open(sys.argv[1]) as file, torch.no_grad():
    print(json.dumps([answer(case) for case in json.load(file)]))
