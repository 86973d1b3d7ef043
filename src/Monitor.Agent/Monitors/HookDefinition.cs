using Monitor.Bpf;

namespace Monitor.Agent.Monitors;

/// <summary>One place where a monitor attaches one of its programs.</summary>
/// <param name="Program">Name of the program in the object.</param>
/// <param name="Name">What users know the place by, for example "cgroup/connect4".</param>
/// <param name="Role">When it is used.</param>
/// <param name="Attach">How it is attached.</param>
internal sealed record HookDefinition(string Program, string Name, HookRole Role, HookAttach Attach)
{
    /// <summary>What this hook costs the machine beyond its own run time, or "".</summary>
    public string Note { get; init; } = "";

    /// <summary>What the monitor tells less without it, or "".</summary>
    public string Without { get; init; } = "";

    /// <summary>The network interface, where it is attached to one.</summary>
    public string Target { get; init; } = "";

    /// <summary>Attach type that libbpf does not derive from the section's name; null where it does.</summary>
    public BpfAttachType? AttachType { get; init; }
}
