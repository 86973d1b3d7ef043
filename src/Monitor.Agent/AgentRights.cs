using Monitor.Sandbox;
using Monitor.Sandbox.Rights;

namespace Monitor.Agent;

/// <summary>What the agent's process may do, once it has started.</summary>
/// <param name="Held">The capabilities of each of its threads.</param>
/// <param name="GivenUp">Those that it had to load the programs, and has no more.</param>
/// <param name="Notes">Why it has more than it needs to read, and the remedy. Empty where it has no more.</param>
internal sealed record AgentRights(CapabilitySet Held, CapabilitySet GivenUp, IReadOnlyList<string> Notes)
{
    /// <summary>What else binds it.</summary>
    public Confinement Confinement { get; init; } = Confinement.None;

    /// <summary>All notes.</summary>
    public IEnumerable<string> AllNotes => Notes.Concat(Confinement.Notes);

    // What people ask for; of the others, such as root has, the number.
    private static readonly CapabilitySet Telling = CapabilitySet.Of(
        Capability.Bpf, Capability.Perfmon, Capability.NetAdmin, Capability.Syslog, Capability.DacReadSearch);

    /// <summary>For one line.</summary>
    public string Describe()
    {
        var told = GivenUp.And(Telling).Names;
        var others = GivenUp.Names.Count - told.Count;
        return $"{List(Held.Names)}; given up: {List(told)}{(others == 0 ? "" : told.Count == 0 ? $"{others}" : $" and {others} more")}; {Confinement.Describe()}";
    }

    private static string List(IReadOnlyList<string> names) => names.Count == 0 ? "none" : string.Join(", ", names);
}
