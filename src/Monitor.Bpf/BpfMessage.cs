namespace Monitor.Bpf;

/// <summary>One line (sometimes several) that libbpf would have printed.</summary>
/// <param name="Level">How important libbpf takes it.</param>
/// <param name="Text">The text as libbpf wrote it, usually with a final line break.</param>
public readonly record struct BpfMessage(BpfMessageLevel Level, string Text);
