Console.Error.WriteLine("monitor-aggregator: not yet.");
return 1;
