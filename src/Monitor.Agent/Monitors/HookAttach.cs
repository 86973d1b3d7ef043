namespace Monitor.Agent.Monitors;

/// <summary>How a hook is attached.</summary>
internal enum HookAttach
{
    /// <summary>As the section's name says.</summary>
    Section,

    /// <summary>To the root of the cgroup2 hierarchy.</summary>
    Cgroup,

    /// <summary>As an iterator over the map that <see cref="MonitorDefinition.Walk"/> names.</summary>
    MapIterator,

    /// <summary>As an iterator over what its section names, which runs as <see cref="MonitorDefinition.Walk"/> says.</summary>
    Iterator,

    /// <summary>As an iterator that runs once, when the monitor has been attached: what was there before.</summary>
    Once,

    /// <summary>To the network interface that <see cref="HookDefinition.Target"/> names, as its driver hands packets over.</summary>
    Xdp,

    /// <summary>To that network interface's traffic control, inbound or outbound.</summary>
    Traffic,

    /// <summary>To a clock of each CPU, some times a second.</summary>
    Clock,
}
