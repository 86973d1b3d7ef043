using System.Globalization;
using Monitor.Fuzz;
using Monitor.Fuzz.Running;

// ./build.sh fuzz [SECONDS|long] [CASE...] [--seed N] [--at INDEX]
const int LongRequests = 1_000_000;

var names = new List<string>();
var seconds = 60;
var isLong = false;
int? seed = null;
long? at = null;
for (var i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--seed" when i + 1 < args.Length && int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out var given):
            seed = given;
            i++;
            break;
        case "--at" when i + 1 < args.Length && long.TryParse(args[i + 1], CultureInfo.InvariantCulture, out var index):
            at = index;
            i++;
            break;
        case "long":
            isLong = true;
            break;
        case var number when int.TryParse(number, CultureInfo.InvariantCulture, out var asked) && asked > 0:
            seconds = asked;
            break;
        case var name when FuzzCases.All.Any(known => known.Name == name):
            names.Add(name);
            break;
        default:
            Console.Error.WriteLine(
                $"fuzz: '{args[i]}' is not understood. Usage: fuzz [SECONDS|long] [CASE...] [--seed N] [--at INDEX], with the cases "
                + string.Join(", ", FuzzCases.All.Select(known => known.Name)));
            return 2;
    }
}

var cases = FuzzCases.All.Where(known => names.Count == 0 || names.Contains(known.Name)).ToList();
var started = seed ?? Random.Shared.Next();
Console.WriteLine($"seed {started}");
try
{
    foreach (var fuzzCase in cases)
    {
        // A long run sends a million requests over the network, and to each parser as many inputs.
        var count = at is not null ? 1 : isLong ? FuzzCases.LongInputs(fuzzCase, LongRequests) : long.MaxValue / 2;
        var limit = isLong || at is not null ? TimeSpan.FromHours(2) : TimeSpan.FromSeconds((double)seconds / cases.Count);
        await new FuzzRun(fuzzCase, started, Console.Out).RunAsync(at ?? 0, count, limit);
    }
}
catch (InvalidOperationException failure)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}

return 0;
