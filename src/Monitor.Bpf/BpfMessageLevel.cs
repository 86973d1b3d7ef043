namespace Monitor.Bpf;

/// <summary>libbpf's own levels, in its order.</summary>
public enum BpfMessageLevel
{
    /// <summary>Something failed, or a feature of the kernel is missing.</summary>
    Warning,

    /// <summary>Something was left out or replaced.</summary>
    Information,

    /// <summary>Each step.</summary>
    Debug,
}
