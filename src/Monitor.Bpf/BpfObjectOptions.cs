namespace Monitor.Bpf;

/// <summary>How an object file is opened.</summary>
public sealed class BpfObjectOptions
{
    /// <summary>Files above this many bytes are refused. Default 16 MiB: real objects have tens of kilobytes.</summary>
    public long MaximumFileBytes { get; init; } = 16 << 20;

    /// <summary>
    /// A file with BTF to use for CO-RE instead of /sys/kernel/btf/vmlinux, for kernels without their own; null: the
    /// kernel's.
    /// </summary>
    public string? CustomBtfPath { get; init; }
}
