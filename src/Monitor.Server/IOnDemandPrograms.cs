namespace Monitor.Server;

/// <summary>Programs of which some run only while somebody asks for their events; a program directory may be one.</summary>
public interface IOnDemandPrograms
{
    /// <summary>The names of those programs, as they are now.</summary>
    IReadOnlyCollection<string> OnDemandNames { get; }

    /// <summary>Says what is asked for. Called once a second, and when something new is asked for; never twice at a
    /// time.</summary>
    /// <param name="demand">What is asked for now.</param>
    void Follow(ProgramDemand demand);
}

/// <summary>Which programs' events somebody asks for, or has asked for within the last 30 seconds.</summary>
/// <param name="All">Those of all programs.</param>
/// <param name="Names">Those of these.</param>
public sealed record ProgramDemand(bool All, IReadOnlySet<string> Names)
{
    /// <summary>Whether the events of a program are asked for.</summary>
    public bool Includes(string name) => All || Names.Contains(name);

    /// <summary>Whether none are.</summary>
    public bool IsNone => !All && Names.Count == 0;
}
