using Monitor.Benchmarks;
using Monitor.Benchmarks.Subscribing;

return args is [SubscriberProcess.Command, .. var rest] ? await Subscriber.RunAsync(rest) : await BenchCommand.RunAsync(args);
