"""Writes resnet.safetensors and resnet-batch.safetensors beside it: a small ResNet as torchvision names its parts, a
batch of images, and the scores that PyTorch gives them. `make golden` runs it by one PyTorch.
"""
import os

import torch
from safetensors.torch import save_file
from torch import nn

os.chdir(os.path.dirname(os.path.abspath(__file__)))
torch.set_num_threads(1)


def conv(inputs, outputs, size, stride):
    return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = conv(outputs, outputs, 3, 1), nn.BatchNorm2d(outputs)
        self.downsample = nn.Sequential()
        if stride > 1:
            self.downsample = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (y + self.downsample(x)).relu()


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = conv(3, 8, 3, 1), nn.BatchNorm2d(8)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(Block(8, 8, 1), Block(8, 8, 1))
        self.layer2 = nn.Sequential(Block(8, 16, 2), Block(16, 16, 1))
        self.avgpool = nn.AvgPool2d(8)
        self.fc = nn.Linear(16, 10)

    def forward(self, x):
        x = self.maxpool(self.bn1(self.conv1(x)).relu())
        return self.fc(self.avgpool(self.layer2(self.layer1(x))).flatten(1))


torch.manual_seed(0)
model = ResNet()
optimizer = torch.optim.SGD(model.parameters(), 0.1)
for _ in range(20):  # so that weights and running averages are none of the initial ones
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(torch.randn(16, 3, 32, 32)), torch.randint(10, [16])).backward()
    optimizer.step()
model.eval()
images = torch.randn(8, 3, 32, 32)
with torch.no_grad():
    scores = model(images)
save_file(model.state_dict(), "resnet.safetensors")
save_file({"images": images, "scores": scores}, "resnet-batch.safetensors")
