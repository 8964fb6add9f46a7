"""Solutions of lesson 01's exercises."""

from workbench import autograd


def first_bad_layer(net, images, low, high):
    for layer in net:
        images = layer(images)
        if not low <= images.asnumpy().std() <= high:
            return layer.name
    return None


def tidy(F, x):
    return F.square(F.tanh(x))


def log_losses(net, loss_of, trainer, batches):
    losses = []
    for x, y in batches:
        with autograd.record():
            loss = loss_of(net(x), y)
        loss.backward()
        trainer.step(len(x))
        losses.append(float(loss.mean().asscalar()))
    return losses
