using Monitor.Agent.Monitors;
using Monitor.Bpf;
using Monitor.Bpf.Attaching;
using Monitor.Protocol;

namespace Monitor.Agent.Loading;

/// <summary>The state of one hook: attached, failed or not needed.</summary>
internal sealed class HookState(HookDefinition definition)
{
    public HookDefinition Definition { get; } = definition;

    /// <summary>Kind of program, for example "cgroup_sock_addr".</summary>
    public string Type { get; init; } = "";

    /// <summary>The program, once it is loaded.</summary>
    public LoadedProgram? Program { get; set; }

    /// <summary>Its attachment, while it is attached.</summary>
    public BpfLink? Link { get; set; }

    /// <summary>Its attachments beyond <see cref="Link"/>, where each CPU has one.</summary>
    public IReadOnlyList<BpfLink> OtherLinks { get; set; } = [];

    /// <summary>Why it is not attached; null where it is, or where it is not wanted.</summary>
    public string? Error { get; set; }

    /// <summary>One of <see cref="ProgramStatus"/>.</summary>
    public string Status =>
        Link is not null ? ProgramStatus.Active
        : Error is not null && Definition.Role is not HookRole.Optional ? ProgramStatus.Failed
        : ProgramStatus.Disabled;
}
