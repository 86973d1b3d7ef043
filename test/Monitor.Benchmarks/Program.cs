using Monitor.Benchmarks;
using Monitor.Benchmarks.Subscribing;
using Monitor.SimulatedAgents;

return args switch
{
    [SubscriberProcess.Command, .. var rest] => await Subscriber.RunAsync(rest),
    [SimulateCommand.Name, .. var rest] => await SimulateCommand.RunAsync(rest),
    _ => await BenchCommand.RunAsync(args),
};
