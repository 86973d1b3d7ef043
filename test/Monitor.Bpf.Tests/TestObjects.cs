namespace Monitor.Bpf.Tests;

/// <summary>The compiled test programs.</summary>
internal static class TestObjects
{
    internal static string Path(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "bpf", $"{name}.bpf.o");

    internal static BpfObject Open(string name) => BpfObject.Open(Path(name));
}
