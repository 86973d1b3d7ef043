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
}
