using Monitor.V1;

namespace Monitor.Server.Tests.Support;

/// <summary>Programs as a test wants them.</summary>
internal sealed class FakePrograms : IProgramDirectory
{
    /// <summary>What is answered, as clones. Replace it, do not change it.</summary>
    public IReadOnlyList<Program> Programs { get; set; } = [Active("connection"), Active("packet_drop")];

    public static Program Active(string name, ulong stored = 0, string nodeName = "node-1") => new()
    {
        Name = name,
        NodeName = nodeName,
        Type = "raw_tracepoint",
        Status = "active",
        Counters = new ProgramCounters { Produced = stored, Stored = stored },
    };

    /// <summary>One of the user's own, with a field of each of some kinds.</summary>
    public static Program Own(string name, params MonitorField[] fields) => new(Active(name))
    {
        Description = "One of my own.",
        Schema = new MonitorSchema
        {
            ObjectSha256 = new string('a', 64),
            Fields = { fields },
        },
    };

    public static Program Failed(string name) =>
        new() { Name = name, NodeName = "node-1", Status = "failed", Error = "the verifier refused it" };

    public ValueTask<IReadOnlyList<Program>> GetProgramsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<Program>>([.. Programs.Select(program => program.Clone())]);
}
