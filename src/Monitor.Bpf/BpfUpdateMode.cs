namespace Monitor.Bpf;

/// <summary>Whether an update creates or replaces (BPF_ANY, BPF_NOEXIST, BPF_EXIST).</summary>
public enum BpfUpdateMode
{
    /// <summary>Either.</summary>
    Any = 0,

    /// <summary>Only creates.</summary>
    CreateOnly = 1,

    /// <summary>Only replaces.</summary>
    ReplaceOnly = 2,
}
