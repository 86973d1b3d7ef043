using System.Diagnostics;

namespace Monitor.Bpf.Tests;

/// <summary>
/// This assembly as a process of its own: loads and attaches a program, says so, and waits to be killed.
/// </summary>
internal static class ChildProcess
{
    internal const string AttachAndWait = "attach-and-wait";

    internal static Process Start(string mode) => Process.Start(new ProcessStartInfo("dotnet", [typeof(ChildProcess).Assembly.Location, mode])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        RedirectStandardInput = true,
    })!;

    private static int Main(string[] arguments)
    {
        if (arguments is not [AttachAndWait])
        {
            Console.Error.WriteLine($"usage: {AttachAndWait}");
            return 2;
        }

        using var connects = TestObjects.Open("connects");
        connects.Load();
        using var link = connects.Program("on_connect4").AttachCgroup(Attaching.CgroupMount.Find()!);
        Console.WriteLine(connects.Program("on_connect4").GetStatistics().Id);
        Console.In.ReadLine();
        return 0;
    }
}
