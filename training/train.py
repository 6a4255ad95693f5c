"""The training loop: a budget of minutes or steps, resumable at any checkpoint."""

import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from training import align
from training.batches import Batch, Pairs, collate, epoch, resample
from training.config import Config, Phase, Schedule
from training.evaluate import read_set, score, translate
from training.export import marian, tokenizer
from training.model import Transformer


@dataclass
class Position:
    """How far a run is; what a checkpoint needs beside weights and optimizers."""

    step: int = 0
    seconds: float = 0.0
    tokens: int = 0  # of true target, seen so far
    epoch: int = 0
    batch: int = 0  # of the epoch
    phase: int = 0

    def progress(self, plan: Schedule) -> float:
        """The share of the budget that is spent."""
        return max(self.step / plan.steps, self.seconds / 60 / plan.minutes)


def rate(plan: Schedule, position: Position) -> float:
    """The factor of the learning rates: linear warm-up, constant, linear decay to zero."""
    rest = max(0.0, 1 - position.progress(plan))
    return min(1.0, (position.step + 1) / plan.warmup, rest / plan.decay)


def optimizers(model: Transformer, plan: Schedule) -> list[torch.optim.Optimizer]:
    """AdamW, and for matrices of the layers Muon (Jordan et al. 2024) if the plan says so."""
    named = dict(model.named_parameters())
    matrices = [w for n, w in named.items() if w.dim() == 2 and not n.endswith("shared.weight")]
    if plan.optimizer == "adamw":
        matrices = []
    chosen = {id(weight) for weight in matrices}
    rest = [weight for weight in named.values() if id(weight) not in chosen]
    found: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(rest, plan.rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    ]
    if matrices:
        found.append(torch.optim.Muon(matrices, plan.matrix_rate, weight_decay=0.0))
    for optimizer in found:
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return found


class Trainer:
    """A run in its folder: model, optimizers and position, made new or resumed."""

    def __init__(self, config: Config, folder: Path) -> None:
        """Set a run up, or resume it.

        Args:
            config: data, model and schedule.
            folder: with data/ as `prepare` wrote it; checkpoints and the log go there.
        """
        self.config, self.plan, self.folder = config, config.train, folder
        self.rank, self.ranks = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        cuda = torch.cuda.is_available()
        self.device = torch.device("cuda", self.rank) if cuda else torch.device("cpu")
        self.device_name = torch.cuda.get_device_name() if cuda else f"{os.cpu_count()} CPU cores"
        if self.ranks > 1:  # started by torchrun
            torch.distributed.init_process_group("nccl" if cuda else "gloo")
        torch.manual_seed(self.plan.seed)
        self.data = folder / "data"
        self.pairs = Pairs(self.data)
        self.model = Transformer(config.model, self.pairs.pad + 1, self.plan.dropout)
        self.model.to(self.device)
        self.table = self._lexicon() if self.plan.guide else None
        self.optimizers = optimizers(self.model, self.plan)
        self.position = Position()
        self.clock = time.perf_counter()
        if (folder / "checkpoint.pt").exists():
            self._resume()
        self.loss = torch.compile(self._loss) if self.plan.compile else self._loss

    def _lexicon(self) -> Tensor:
        """Word translation probabilities; also puts them into the fresh embeddings."""
        path = self.folder / "lexicon.pt"
        if self.rank == 0 and not path.exists():
            torch.save(align.lexicon(self.pairs, self.device).half().cpu(), path)
        if self.ranks > 1:
            torch.distributed.barrier()
        table: Tensor = torch.load(path, map_location=self.device)
        align.teach(self.model, table, self.pairs)
        return table

    def _loss(self, source: Tensor, target: Tensor, aligned: Tensor | None) -> tuple[Tensor, ...]:
        """Smoothed cross-entropy of a true token and, with `aligned`, that of the attention."""
        pad = self.pairs.pad
        target_in = functional.pad(target[:, :-1], (1, 0), value=pad)
        states, attention = self.model(source, target_in)
        true = target != pad
        if not self.plan.compile:  # saves the vocabulary's product at padding
            states, target = states[true], target[true]
        loss = functional.cross_entropy(
            self.model.logits(states).flatten(0, -2),
            target.flatten(),
            ignore_index=pad,
            label_smoothing=self.plan.smoothing if self.model.training else 0.0,
        )
        if aligned is None:
            return loss, loss.new_zeros(())
        return loss, -(aligned[:, None] * attention).sum() / true.sum() / attention.shape[1]

    def batches(self) -> Iterator[Batch]:
        """Batches from the present position on, through epochs and phases, without end.

        With subword sampling, another process segments the text for the next epoch meanwhile.
        """
        alpha = self.config.data.sampling
        pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) if alpha else None
        while True:
            fresh = pool.submit(resample, self.data, alpha) if pool else None
            phase = self.plan.phases[self.position.phase]
            order = epoch(self.pairs, phase, self.plan, self.position.epoch)
            for indices in order[self.position.batch :]:
                self.position.batch += 1
                mine = indices[self.rank :: self.ranks] if len(indices) >= self.ranks else indices
                yield collate(self.pairs, mine, self.plan.widths if self.plan.compile else None)
                if self._phase_over(phase):
                    self.position.phase += 1
                    break
            self.position.epoch += 1
            self.position.batch = 0
            if fresh:
                self.pairs.set_ids(*fresh.result())

    def _phase_over(self, phase: Phase) -> bool:
        last = self.position.phase + 1 == len(self.plan.phases)
        return not last and self.position.progress(self.plan) >= phase.until

    def step(self, batch: Batch) -> Tensor:
        """One update; returns the loss."""
        self.model.train()
        self.position.tokens += int((batch.target != self.pairs.pad).sum()) * self.ranks
        batch = Batch(batch.source.to(self.device), batch.target.to(self.device))
        weight = self.plan.guide * (1 - self.position.progress(self.plan) / self.plan.guide_until)
        aligned = None
        if self.table is not None and weight > 0:
            aligned = align.posteriors(self.table, batch, self.pairs.pad)
        with torch.autocast(self.device.type, torch.bfloat16):
            loss, guide = self.loss(batch.source, batch.target, aligned)
        torch.autograd.backward(loss + max(weight, 0.0) * guide)
        now = time.perf_counter()
        self.position.seconds += self._share(now - self.clock)
        self.clock = now
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        factor = rate(self.plan, self.position)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * factor
            optimizer.step()
            optimizer.zero_grad()
        self.position.step += 1
        return loss.detach()

    def _share(self, seconds: float) -> float:
        """Average the gradients, and a duration, over all processes; returns the latter."""
        if self.ranks == 1:
            return seconds
        gradients = [weight.grad for weight in self.model.parameters() if weight.grad is not None]
        parts = [g.flatten() for g in gradients] + [gradients[0].new_tensor([seconds])]
        flat = torch.cat(parts)
        torch.distributed.all_reduce(flat)
        flat /= self.ranks
        *shared, mean = torch.split(flat, [part.numel() for part in parts])
        for gradient, new in zip(gradients, shared, strict=True):
            gradient.copy_(new.view_as(gradient))
        return float(mean)

    def run(self, minutes: float = float("inf")) -> Position:
        """Train until the budget is spent, or for so many minutes, to be continued."""
        if self.position.progress(self.plan) >= 1:
            return self.position
        stop = self.position.seconds + 60 * minutes
        saved = self.position.seconds
        losses: list[Tensor] = []
        self.clock = time.perf_counter()
        for batch in self.batches():
            losses.append(self.step(batch))
            over = self.position.progress(self.plan) >= 1 or self.position.seconds >= stop
            if self.position.step % 50 == 0 or over:
                self._log(loss=round(torch.stack(losses).mean().item(), 4))
                losses.clear()
            if over or self.position.seconds - saved > 60 * self.plan.save_minutes:
                saved = self.position.seconds
                if self.rank == 0:
                    self.save()
                    self._log(**self.dev_scores())
            if over:
                return self.position
        raise AssertionError("batches never end")

    def dev_scores(self) -> dict[str, float]:
        """Dev loss (a token, unsmoothed) and greedy BLEU on the first lines of the dev set."""
        words = tokenizer(self.config.model, self.data)
        german, english = read_set(self.data, self.plan.dev_set, self.plan.dev_lines)
        model = marian(self.config.model, self.model.state_dict()).to(self.device)
        most = min(100, self.config.model.positions)
        outputs = translate(model, words, german, num_beams=1, max_new_tokens=most)
        losses = []
        for start in range(0, len(german), 50):
            rows = slice(start, start + 50)
            ids = words(german[rows], text_target=english[rows], padding=True, return_tensors="pt")
            self.model.eval()
            with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16):
                loss, _ = self._loss(
                    ids.input_ids.to(self.device), ids.labels.to(self.device), None
                )
            losses.append(loss.item())
        return {
            "dev_loss": round(sum(losses) / len(losses), 4),
            "dev_bleu": score(outputs, english)["bleu"],
        }

    def _log(self, **values: float) -> None:
        if self.rank:
            return
        lr = {f"lr{i}": o.param_groups[0]["lr"] for i, o in enumerate(self.optimizers)}
        entry: dict[str, Any] = {**asdict(self.position), **lr, **values}
        entry["seconds"] = round(entry["seconds"], 1)
        entry["device"] = self.device_name
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def save(self) -> None:
        """Write checkpoint.pt, from which a run resumes, and this step's weights on their own."""
        state: dict[str, Any] = {
            "model": self.model.state_dict(),
            "optimizers": [o.state_dict() for o in self.optimizers],
            "position": asdict(self.position),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all(),
        }
        new = self.folder / "checkpoint.pt.new"
        torch.save(state, new)
        new.replace(self.folder / "checkpoint.pt")
        weights = {n: w.float().cpu().contiguous() for n, w in state["model"].items()}
        save_file(weights, self.folder / f"step-{self.position.step:07d}.safetensors")
        for old in sorted(self.folder.glob("step-*.safetensors"))[: -self.plan.keep]:
            old.unlink()

    def _resume(self) -> None:
        state = torch.load(self.folder / "checkpoint.pt", map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.position = Position(**state["position"])
        torch.set_rng_state(state["random"])
        if state["random_cuda"]:
            torch.cuda.set_rng_state_all(state["random_cuda"])
        log = self.folder / "log.jsonl"
        lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if json.loads(line)["step"] <= self.position.step]
        log.write_text("".join(kept), encoding="utf-8")
