namespace Monitor.Agent.Monitors;

/// <summary>When a hook is used.</summary>
internal enum HookRole
{
    /// <summary>Always: the monitor cannot do without it.</summary>
    Required,

    /// <summary>The usual hook. If the kernel refuses it, the hooks of the last resort take its place.</summary>
    Preferred,

    /// <summary>Where the kernel has it; without it the monitor tells less. Not together with the last resort.</summary>
    Optional,

    /// <summary>Used only if the kernel refuses a preferred hook.</summary>
    LastResort,
}
