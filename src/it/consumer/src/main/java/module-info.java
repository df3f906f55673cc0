module consumer {
    requires dev.torchffm;
}
