"""Writes small torch files into the folder given. Seeded."""

import os
import sys
import types

import torch

os.chdir(sys.argv[1])
torch.manual_seed(0)
module = torch.nn.Sequential(
    torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(3, 2)
)
torch.save(module, "torch-module")
torch.save(module.state_dict(), "torch-tensors")
torch.save(module, "torch-legacy-module", _use_new_zipfile_serialization=False)
torch.save(module.state_dict(), "torch-legacy-tensors", _use_new_zipfile_serialization=False)
torch.jit.script(module).save("torch-script")

learner = types.ModuleType("fastai.learner")


class Learner:
    def __init__(self):
        self.model = module


Learner.__module__ = "fastai.learner"
Learner.__qualname__ = "Learner"
learner.Learner = Learner
sys.modules["fastai"] = types.ModuleType("fastai")
sys.modules["fastai.learner"] = learner
torch.save(Learner(), "fastai-torch")


class Evil:
    def __reduce__(self):
        return (os.system, ("touch was-run",))


torch.save(Evil(), "evil-torch")
torch.save(Evil(), "evil-torch-legacy", _use_new_zipfile_serialization=False)
