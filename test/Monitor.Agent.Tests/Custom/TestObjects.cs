using Monitor.Agent.Custom;

namespace Monitor.Agent.Tests.Custom;

/// <summary>The objects of test/Monitor.Agent.Tests/bpf.</summary>
internal static class TestObjects
{
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "test-bpf", $"{name}.bpf.o");

    public static byte[] Bytes(string name) => File.ReadAllBytes(PathOf(name));

    public static CustomObject Read(string name) => CustomObject.Read(name, Bytes(name));

    public static CustomMonitor Monitor(string name) => new(Read(name), new Dictionary<string, string>());
}
