"""The same service in Python, for uvicorn: MODEL names the package."""

import os

import numpy
import orjson
import torch
from fastapi import FastAPI, Request, Response

torch.set_num_threads(1)
model = torch._inductor.aoti_load_package(os.environ["MODEL"])
app = FastAPI(openapi_url=None)


@app.post("/run")
async def run(request: Request):
    body = await request.body()
    if request.headers["content-type"] == "application/json":
        rows = torch.from_numpy(numpy.array(orjson.loads(body), dtype=numpy.float32))  # faster than torch.tensor
        with torch.inference_mode():
            result = model(rows)
        return Response(orjson.dumps(result.numpy(), option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")
    rows = torch.frombuffer(bytearray(body), dtype=torch.float32).reshape(-1, 16)
    with torch.inference_mode():
        result = model(rows)
    return Response(result.numpy().tobytes(), media_type="application/octet-stream")
