using System.Diagnostics;

namespace Monitor.Bpf.Tests;

/// <summary>Compiles examples during a test. Where something that it takes is missing, the test is skipped and says what.</summary>
internal static class Compiler
{
    /// <summary>Whether a command is installed.</summary>
    internal static bool IsInstalled(string command) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, command)));

    /// <summary>Compiles bpf/examples/NAME.bpf.c as users do; a warning fails the test.</summary>
    /// <returns>Path of the object.</returns>
    internal static string Compile(string compiler, string name, string folder, params string[] options)
    {
        var root = Root();
        var machine = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "x86";
        var compiled = Path.Combine(folder, $"{name}.bpf.o");
        var (exitCode, _, errors) = Run(
            compiler,
            [
                "-O2", "-g", "-Wall", "-Werror", "-target", "bpf", "-mcpu=v2", $"-D__TARGET_ARCH_{machine}", $"-I{root}/bpf/include",
                "-I/usr/include/x86_64-linux-gnu", "-I/usr/include/aarch64-linux-gnu", .. options,
                "-c", $"{root}/bpf/examples/{name}.bpf.c", "-o", compiled,
            ]);
        Assert.That(exitCode, Is.Zero, errors);
        return compiled;
    }

    internal static (int ExitCode, string Output, string Errors) Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, errors.Result);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Ignore($"There is no {command} here.");
            throw;
        }
    }

    private static string Root()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "build.sh")))
            {
                return folder;
            }
        }

        Assert.Ignore("The sources are not here.");
        return "";
    }
}
