"""What a Python function does with a BERT: import, load, answer a request, and more when asked.

    bert_answer.py onnxruntime|torch MODEL REQUEST.json THREADS

Prints the first answer at once; then, for each line on stdin, answers the request again and
prints how long that took, in milliseconds. Ends with stdin.
"""

import json
import sys
import time


def with_onnxruntime(path: str, threads: int):
    import numpy
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda request: session.run(
        None, {name: numpy.array(value, dtype="int64") for name, value in request.items()}
    )[0].tolist()


def with_torch(path: str, threads: int):
    import torch

    torch.set_num_threads(threads)
    model = torch.jit.load(path).eval()

    def answer(request: dict) -> list:
        with torch.inference_mode():
            return model(*(torch.tensor(value) for value in request.values())).tolist()

    return answer


if __name__ == "__main__":
    answer = {"onnxruntime": with_onnxruntime, "torch": with_torch}[sys.argv[1]](sys.argv[2], int(sys.argv[4]))
    with open(sys.argv[3]) as file:
        text = file.read()
    print(json.dumps({"logits": answer(json.loads(text))}), flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        json.dumps({"logits": answer(json.loads(text))})
        print((time.perf_counter() - begin) * 1e3, flush=True)
